"""Which policies and parameters there are, of what kind each is, and which values contradict one another.

Rules read `scrutiny`, `commitment`, `mandate` and `subsidiarity`; of `es_convenio` the terms of agreements; of
`emergency` how long, and with which majority, power is taken over. Everything else informs readers only, and decides
nothing: no context is about forums (`it_conferenza`), disputes (`za_igrfa`, `ke_igra`), transfers and borrowing
(`finance`, `ph_lgc`), participation, or the inscription, audit and settlement of agreements.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeAlias

from domain.calendars import yearly

NONE = "none"
LEAP_YEAR, YEAR = 2024, 366
LONGEST = 3650
"""Days of the longest scrutiny: a bound against slips of the pen, no rule of law."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What the value of a parameter may be; `says` ends the sentence "it must be ..."."""

    says: str
    fits: Callable[[str], bool]


Values: TypeAlias = Mapping[str, str]


def items(text: str) -> tuple[str, ...]:
    """The parts of a value that lists several: `national, provincial, local`."""
    return tuple(part.strip() for part in text.split(","))


def fraction(text: str) -> Fraction:
    """A share as an exact number: `1/3`, `0.55` or `1`."""
    return Fraction(text.replace(" ", ""))


def _matches(form: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(form, text) is not None


def _choice(*words: str) -> Kind:
    return Kind(f"one of {', '.join(words)}", lambda text: text in words)


def _choices(*words: str) -> Kind:
    def fits(text: str) -> bool:
        chosen = items(text)
        return set(chosen) <= set(words) and len(set(chosen)) == len(chosen)

    return Kind(f"some of {', '.join(words)}, with commas between", fits)


def _or_none(kind: Kind) -> Kind:
    return Kind(f"{kind.says}, or {NONE}", lambda text: text == NONE or kind.fits(text))


def _is_share(text: str) -> bool:
    form = r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]{1,9})?|[1-9][0-9]{0,5}/[1-9][0-9]{0,5}"
    return re.fullmatch(form, text) is not None and 0 <= fraction(text) <= 1


def _is_pairs(text: str) -> bool:
    sphere = "local|regional|national"
    pairs = items(text)
    return len(set(pairs)) == len(pairs) and all(re.fullmatch(f"(?:{sphere})>(?:{sphere})", pair) for pair in pairs)


def _is_spans(text: str) -> bool:
    try:
        return text == NONE or bool(yearly(text, [2024]))
    except ValueError:
        return False


WHOLE = Kind("a whole number", _matches("0|[1-9][0-9]{0,8}"))
POSITIVE = Kind("a whole number above zero", _matches("[1-9][0-9]{0,8}"))
DECIMAL = Kind("a decimal number such as 0.25", _matches(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,9})?"))
SHARE = Kind("a share between 0 and 1, such as 1/3 or 0.55", _is_share)
SHARES = Kind("shares between 0 and 1, with commas between", lambda text: all(map(_is_share, items(text))))
SPANS = Kind("yearly periods such as 08-01..08-31, with commas between, or none", _is_spans)
YES_NO = _choice("yes", "no")
THRESHOLD = _choice("at_least", "more_than")
PAIRS = Kind("pairs of spheres such as national>local, with commas between", _is_pairs)

AUTHORS = (
    "commission", "member_states", "parliament", "court", "central_bank", "investment_bank",
    "government", "legislature", "council",
)  # fmt: skip
"""Whose drafts may be scrutinised; the first six are those of Protocol No 2, art. 3."""

KNOWN: Mapping[str, Mapping[str, Kind]] = {
    "scrutiny": {
        "scrutiny_weeks": WHOLE, "scrutiny_days": WHOLE, "suspend": SPANS, "standstill_days": _or_none(POSITIVE),
        "authors": _choices(*AUTHORS), "exclusive_competence": _choice("refuse", "review"),
        "justification": _choice("required", "optional"),
        "votes.unicameral": WHOLE, "votes.chamber": WHOLE, "votes.regional": WHOLE, "votes.local": WHOLE,
        "votes.association": WHOLE, "votes.total": _or_none(POSITIVE), "opinion.majority": _or_none(SHARE),
        "yellow.default": SHARE, "yellow.afsj_art76": _or_none(SHARE), "yellow.test": THRESHOLD,
        "orange.fraction": _or_none(SHARE), "orange.test": THRESHOLD,
        "orange.procedures": _or_none(_choices("ordinary", "special")), "orange.own_opinion": YES_NO,
        "override.council": _or_none(SHARE), "override.parliament": _choice("majority_cast", "majority_members", NONE),
        "court.claimants": _or_none(_choices("state", "chamber_by_state", "advisory_body")),
    },
    "it_conferenza": {
        "parere_days": POSITIVE, "intesa_days": POSITIVE, "urgent_submit_days": POSITIVE, "override_allowed": YES_NO,
    },
    "es_convenio": {
        "max_term_years": POSITIVE, "max_extension_years": WHOLE, "longer_term_by_rule": YES_NO,
        "inscribe_workdays": POSITIVE, "publish_workdays": POSITIVE, "inscribe_only_with_state": YES_NO,
        "audit_over_eur": WHOLE, "audit_months": POSITIVE, "refund_months": POSITIVE, "interest_after_months": WHOLE,
    },
    "za_igrfa": {
        "spheres": _choices("national", "provincial", "local"), "court_needs": _choice("settlement_failed", NONE),
        "first_meeting_days": _or_none(POSITIVE),
    },
    "ke_igra": {
        "first_meeting_days": _or_none(POSITIVE), "county_share_min": SHARE,
        "county_share_base": _choice("latest_approved_audit", "current_estimate"),
    },
    "ph_lgc": {
        "debt_service_max": SHARE, "ira_share": SHARE, "ira_base_years_back": WHOLE, "prior_local_approval": YES_NO,
        "prior_approval_scope": _choice("listed_effects", "all_projects"),
    },
    "commitment": {
        "smart_mode": _choice("flag", "strict"), "report_months": POSITIVE, "red_months": POSITIVE,
        "plan_months": POSITIVE, "monitor_months": POSITIVE, "inventory_months": POSITIVE,
        "results_review_after_months": WHOLE,
        "max_extensions": WHOLE, "hold_notice_days": WHOLE, "answer_days": POSITIVE,
    },
    "mandate": {
        "min_consultation_days": WHOLE, "max_subdelegation_depth": WHOLE, "revocation_notice_days": WHOLE,
        "connexity.mode": _choice("flag", "refuse"), "connexity.materiality": SHARE, "connexity.cover_ratio": DECIMAL,
        "answer_days": POSITIVE, "barred": _or_none(PAIRS), "delegation.needs_funding": YES_NO,
        "delegation.min_years_to_local": WHOLE, "delegation.max_years_by_state": _or_none(POSITIVE),
    },
    "finance": {
        "adequacy_min": DECIMAL, "adequacy_alert": DECIMAL, "max_earmarked_share": SHARE, "late_days": WHOLE,
        "debt_stock_max": DECIMAL, "debt_service_max": SHARE, "interest_max": SHARE,
    },
    "emergency": {
        "initial_days": POSITIVE, "max_extension_days": _or_none(POSITIVE), "majorities": SHARES,
        "measure_review_days": POSITIVE, "retro_consult_days": POSITIVE, "review_days": POSITIVE,
    },
    "participation": {
        "inform_days": WHOLE, "open_days": POSITIVE, "answer_days": POSITIVE, "petition_share": SHARE,
    },
    "subsidiarity": {
        "revisit_months": POSITIVE, "min_consultation_days": WHOLE, "mandate_follow_months": POSITIVE,
        "upward_grounds": _choices("extent", "nature", "efficiency", "economy"), "min_indicators": POSITIVE,
    },
}  # fmt: skip
"""Policy -> parameter -> kind. A dot stands between a group and its member."""


def contradictions(name: str, values: Values) -> Sequence[str]:
    """Sentences about values that fit each on its own, but not together."""
    rule = _TOGETHER.get(name)
    return rule(values) if rule else ()


def _ordered(values: Values, lesser: str, greater: str, why: str) -> Sequence[str]:
    return () if fraction(values[lesser]) <= fraction(values[greater]) else (why,)


def _scrutiny(values: Values) -> Sequence[str]:
    seats = ("unicameral", "chamber", "regional", "local", "association")
    found = []
    if values["scrutiny_weeks"] == values["scrutiny_days"] == "0":
        found.append("Nobody can answer within no time: scrutiny_weeks and scrutiny_days are both 0.")
    if 7 * int(values["scrutiny_weeks"]) + int(values["scrutiny_days"]) > LONGEST:
        found.append("Scrutiny does not last longer than ten years.")
    if values["standstill_days"] != NONE and int(values["standstill_days"]) > LONGEST:
        found.append("A standstill does not last longer than ten years.")
    if _days_suspended(values["suspend"]) > YEAR // 2:
        found.append("The clock would stand still for more than half of the year.")
    if all(values[f"votes.{seat}"] == "0" for seat in seats):
        found.append("Somebody has to have a vote.")
    return (*found, *_cards(values))


def _cards(values: Values) -> Sequence[str]:
    found = []
    no_orange = values["orange.fraction"] == NONE
    if no_orange != (values["orange.procedures"] == NONE):
        found.append("An orange card has both a fraction and procedures, or neither.")
    if no_orange and not values["override.council"] == values["override.parliament"] == NONE:
        found.append("A vote to override follows an orange card, and there is none.")
    if values["yellow.afsj_art76"] != NONE:
        lower = "Police and justice cannot need more than the rest."
        found += _ordered(values, "yellow.afsj_art76", "yellow.default", lower)
    if not no_orange:
        more = "An orange card cannot need fewer votes than a yellow one."
        found += _ordered(values, "yellow.default", "orange.fraction", more)
    return found


def _days_suspended(text: str) -> int:
    """How many days of a leap year lie in yearly periods; overlapping ones count once."""
    spans = () if text == NONE else yearly(text, [LEAP_YEAR])
    days = {day for span in spans for day in range(span.first.toordinal(), span.last.toordinal() + 1)}
    return sum(date.fromordinal(day).year == LEAP_YEAR for day in days)


def _commitment(values: Values) -> Sequence[str]:
    red = "Silence cannot be red before a report is due: red_months is below report_months."
    inventory = "An inventory is not due more often than monitoring: inventory_months is below monitor_months."
    return (
        *_ordered(values, "report_months", "red_months", red),
        *_ordered(values, "monitor_months", "inventory_months", inventory),
    )


def _mandate(values: Values) -> Sequence[str]:
    funded = values["delegation.needs_funding"] == "yes" and not fraction(values["connexity.cover_ratio"])
    longest = values["delegation.max_years_by_state"]
    short = longest != NONE and int(longest) < int(values["delegation.min_years_to_local"])
    return (
        *(("A delegation cannot need funds where no share of its cost need be covered.",) if funded else ()),
        *(
            ("The State could delegate nothing to local units: its longest term is below their shortest.",)
            if short
            else ()
        ),
    )


def _emergency(values: Values) -> Sequence[str]:
    majorities = [fraction(part) for part in items(values["majorities"])]
    return () if majorities == sorted(majorities) else ("Later extensions cannot need a smaller majority.",)


_TOGETHER: Mapping[str, Callable[[Values], Sequence[str]]] = {
    "scrutiny": _scrutiny,
    "commitment": _commitment,
    "mandate": _mandate,
    "emergency": _emergency,
    "es_convenio": lambda values: _ordered(
        values, "inscribe_workdays", "publish_workdays", "Nothing is published before it has been inscribed."
    ),
    "finance": lambda values: _ordered(
        values, "adequacy_alert", "adequacy_min", "An alert cannot sound while funding is adequate."
    ),
}
