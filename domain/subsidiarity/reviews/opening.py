"""A review begins: who may draft, who is on the roll with how many votes, what the draft must say of itself."""

from collections import Counter
from collections.abc import Sequence

from domain.guards import alive, all_alive, counted
from domain.kernel import Policy, Refused, UnitId
from domain.subsidiarity.reviews import commands as asked
from domain.subsidiarity.reviews import events as happened
from domain.subsidiarity.reviews.checks import before_closing, open_on
from domain.subsidiarity.reviews.events import Event
from domain.subsidiarity.reviews.protocol import listed, thresholds, votes_of
from domain.subsidiarity.reviews.state import Absent, State
from domain.subsidiarity.reviews.words import SPHERE_OF, AuthorKind, Competence, Justification, Needed, Voter


def open_review(command: asked.OpenReview, state: State) -> Sequence[Event]:
    if not isinstance(state, Absent):
        raise Refused("review-exists", "This review has already been opened.")
    alive(command.polity_facts, command.effective_on, "polity")
    alive(command.author_facts, command.effective_on, "author")
    all_alive(command.co_authors, command.effective_on, "jointly.*")
    all_alive(command.adopters, command.effective_on, "legislators.*.unit")
    all_alive(command.advisers, command.effective_on, "must_consult.*")
    day = counted(command.effective_on, command.today)
    policy = _governing(command)
    _author(command, policy)
    _reviewable(command, policy)
    _widens(command)
    roll = _roll(command, policy)
    total = sum(one.votes for one in roll)
    needed = thresholds(policy, command.area, command.procedure, total)
    opened = happened.ReviewOpened(
        polity=command.polity, author=command.author, author_kind=command.author_kind,
        author_sphere=command.author_facts.sphere, draft=command.draft, area=command.area,
        procedure=command.procedure, competence=command.competence, roll=roll, total=total,
        needed=tuple(Needed(card, votes) for card, votes in needed.items()), policy=policy.ref, opened_on=day,
        languages=command.languages, jointly=command.jointly, legislators=command.legislators,
        must_consult=command.must_consult, urgent=command.urgent, follows=command.follows,
    )  # fmt: skip
    if command.justification is None:
        return [opened]
    _consulted(command.justification, urgent=command.urgent is not None)
    return [opened, happened.JustificationAttached(1, command.justification)]


def _governing(command: asked.OpenReview) -> Policy:
    if not command.rules:
        reason = f"No policy says how drafts are scrutinised in {command.polity_facts.jurisdiction}; adopt one first."
        raise Refused("no-scrutiny-policy", reason, fields=("polity",))
    return command.rules[0]


def _author(command: asked.OpenReview, policy: Policy) -> None:
    if command.author_kind.value not in listed(policy, "authors"):
        reason = f"A draft of this kind does not come from a {command.author_kind.value.replace('_', ' ')}."
        raise Refused("not-an-author", reason, policy=policy.grounds("authors"), fields=("author_kind",))
    _once((command.author, *command.jointly), "author-repeated", "Each author is named once.", "jointly")
    if command.author_kind is AuthorKind.MEMBER_STATES and not command.jointly:
        raise Refused("one-state-no-group", "A group of States is more than one; name the others.", fields=("jointly",))


def _reviewable(command: asked.OpenReview, policy: Policy) -> None:
    if command.competence is Competence.EXCLUSIVE and policy.text("exclusive_competence") == "refuse":
        reason = "Subsidiarity has no bearing on what falls within an exclusive competence."
        raise Refused(
            "exclusive-competence", reason, policy=policy.grounds("exclusive_competence"), fields=("competence",)
        )
    _once(command.languages, "language-repeated", "Each language is named once.", "languages")
    for each in ([one.unit for one in command.legislators], [one.body for one in command.legislators]):
        _once(each, "legislator-repeated", "Each body that adopts is named once.", "legislators")


def _widens(command: asked.OpenReview) -> None:
    before = command.followed
    if before is None:
        return
    if not before.exists or not before.widened:
        raise Refused(
            "nothing-to-follow",
            "A review follows another one whose draft was amended and widened.",
            fields=("follows",),
        )
    if (before.author, before.polity) != (command.author, command.polity):
        raise Refused(
            "other-draft", "A widened draft comes from the same author, under the same law.", fields=("follows",)
        )


def _roll(command: asked.OpenReview, policy: Policy) -> tuple[Voter, ...]:
    """The roll with its votes, which are frozen from now on; a total that the law knows has to come out."""
    _once([seat.unit for seat in command.roll], "seat-repeated", "Each body is on the roll once.", "roll")
    if {command.author, *command.jointly} & {seat.unit for seat in command.roll}:
        raise Refused("author-on-the-roll", "Nobody votes on a draft of their own.", fields=("roll",))
    found = []
    for at, (seat, facts) in enumerate(zip(command.roll, command.voters, strict=True)):
        alive(facts, command.effective_on, f"roll.{at}.unit")
        wanted = SPHERE_OF.get(seat.kind, facts.sphere)
        if facts.sphere is not wanted:
            reason = f"{facts.name} is of the {facts.sphere} sphere; a seat of this kind is of the {wanted} one."
            raise Refused("seat-of-other-sphere", reason, unit=seat.unit, fields=(f"roll.{at}.kind",))
        votes, grounds = votes_of(seat.kind, policy), policy.grounds(f"votes.{seat.kind.value}")
        if votes == 0:
            reason = f"{facts.name} has no vote here; whoever has none contributes."
            raise Refused("seat-without-vote", reason, policy=grounds, unit=seat.unit, fields=(f"roll.{at}.kind",))
        found.append(Voter(seat.unit, seat.kind, votes))
    _total(found, policy)
    return tuple(found)


def _total(roll: Sequence[Voter], policy: Policy) -> None:
    text, total = policy.text("votes.total"), sum(one.votes for one in roll)
    if text != "none" and total != int(text):
        reason = f"The roll has {total} votes, and there are {text}: a body is missing, or too many are there."
        raise Refused("roll-incomplete", reason, policy=policy.grounds("votes.total"), total=total, fields=("roll",))


def _consulted(justification: Justification, *, urgent: bool) -> None:
    """Only exceptional urgency, with its reasons, excuses from consulting before (Protocol No 2, art. 2)."""
    if justification.consulted is None and not urgent:
        reason = (
            "Say who was consulted on the regional and local dimension, or open the review as urgent, with reasons."
        )
        raise Refused("consultation-missing", reason, fields=("justification.consulted",))


def _once(items: Sequence[object], code: str, reason: str, field: str) -> None:
    if any(times > 1 for times in Counter(items).values()):
        raise Refused(code, reason, fields=(field,))


def attach(command: asked.AttachJustification, state: State) -> Sequence[Event]:
    found = before_closing(state)
    open_on(command, found)
    _consulted(command.justification, urgent=found.urgent)
    return [happened.JustificationAttached(found.justifications + 1, command.justification)]


def authors(state: State) -> frozenset[UnitId]:
    """The author; of a group of States, each of them."""
    return frozenset() if isinstance(state, Absent) else frozenset({state.author, *state.jointly})
