"""The arithmetic of Protocol No 2: weeks without August, votes, and the smallest number of votes that brings a card.

Every number comes from a `scrutiny` policy, so that a federation, a quasi-federal and a unitary state are
configurations of the same rules.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

from domain.calendars import Calendar, Span, due, yearly
from domain.kernel import Grounds, Policy
from domain.subsidiarity.reviews.words import Area, Body, Card, Procedure, SeatKind

NONE = "none"


def fraction(text: str) -> Fraction:
    """A share as an exact number: `1/3`, `0.55` or `1`."""
    return Fraction(text.replace(" ", ""))


def listed(policy: Policy, parameter: str) -> frozenset[str]:
    """The words of a value that lists several."""
    return frozenset(part.strip() for part in policy.text(parameter).split(",")) - {NONE}


def votes_of(kind: SeatKind, policy: Policy) -> int:
    """The votes of such a body: in the Union 2 for a parliament of one chamber, 1 for each of two (art. 7(1))."""
    return policy.whole(f"votes.{kind.value}")


def scrutiny_ends(
    start: date, policy: Policy, calendar: Calendar, *, urgent: bool = False, stood_still: Iterable[Span] = ()
) -> date:
    """The last day to send an opinion.

    `start`: the day on which the last language version was sent; 56 days after it, and as many more as were suspended,
    then the next working day (Regulation 1182/71, art. 3(4)). So 21.08.2013 gives 28.10.2013, and 15.03.2016 gives
    10.05.2016. What is exceptionally urgent knows no suspended periods; a clock that was stopped stands still anyhow.
    """
    days = 7 * policy.whole("scrutiny_weeks") + policy.whole("scrutiny_days")
    spans = tuple(stood_still)
    last = max([start, *(span.last for span in spans)]) + timedelta(days=2 * days)
    yearly_spans = () if urgent else _suspended(policy, start.year, last.year + 1)
    return due(start, calendar.suspending([*yearly_spans, *spans]), days=days)


def standstill_ends(start: date, policy: Policy, calendar: Calendar) -> date | None:
    """Until when the author has to wait after a card; None where no law says so."""
    text = policy.text("standstill_days")
    return None if text == NONE else due(start, calendar, days=int(text))


def _suspended(policy: Policy, first: int, last: int) -> Iterable[Span]:
    """The periods of these years that do not count; they are never more than half of a year."""
    text = policy.text("suspend")
    return () if text == NONE else yearly(text, range(first, last + 1))


def least(share: Fraction, test: str, total: int) -> int:
    """The smallest number of votes that is at least (or more than) a share of all; never less than one.

    54/3 = 18; 56/3 = 18.67, so 19; 54/4 = 13.5, so 14; more than half of 54 is 28.
    """
    votes = floor(share * total) + 1 if test == "more_than" else ceil(share * total)
    return max(votes, 1)


def thresholds(policy: Policy, area: Area, procedure: Procedure, total: int) -> Mapping[Card, int]:
    """Which cards there are for such a draft, and how many votes bring each; the lesser card first."""
    found = {Card.YELLOW: least(fraction(policy.text(yellow_share(policy, area))), policy.text("yellow.test"), total)}
    share = policy.text("orange.fraction")
    if share != NONE and procedure.value in listed(policy, "orange.procedures"):
        found[Card.ORANGE] = least(fraction(share), policy.text("orange.test"), total)
    return found


def yellow_share(policy: Policy, area: Area) -> str:
    """The parameter that says how much brings a yellow card: police and justice may have one of their own."""
    own = area is Area.AFSJ_ART76 and policy.text("yellow.afsj_art76") != NONE
    return "yellow.afsj_art76" if own else "yellow.default"


def overrides(policy: Policy, body: Body, against: int, cast: int, members: int) -> tuple[bool, Grounds]:
    """Whether so many votes that a draft does not comply end it: 55 % of the Council's members, or a majority of the
    votes cast in the Parliament (art. 7(3)(b)); and on what the number rests."""
    grounds = policy.grounds(f"override.{body.value}")
    text = policy.text(grounds.parameter)
    match text:
        case "none":
            return False, grounds
        case "majority_cast":
            return 2 * against > cast, grounds
        case "majority_members":
            return 2 * against > members, grounds
        case _:
            return against >= fraction(text) * members, grounds
