"""However territories move: nobody holds exclusively what somebody else holds there, unless the record names both."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import cofog
from domain.kernel import Membership, Sphere, StreamId, UnitFacts, UnitId
from domain.lands import on_day
from domain.mandates import MANDATES, facts
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.words import Ending, Scope
from domain.replacing import replace
from services.store.claims import Claims
from services.store.ports import Change
from tests.domain.mandate_stories import ask, draft
from tests.domain.scenario import Given, scenario
from tests.services.store_ledgers import change
from tests.services.store_ledgers import draft as written

LATER = date(2027, 1, 1)
UNITS = tuple(UnitId(UUID(int=0xF0 + n)) for n in range(6))
"""Each may lie in those that come behind it, so that none lies in itself."""


@dataclass
class World:
    """Units, what they lie in, and exclusive mandates in them: by the real rules, and with the claims of the store."""

    above: dict[UnitId, set[UnitId]] = field(default_factory=lambda: {unit: set() for unit in UNITS})
    mandates: dict[StreamId, Given] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)

    def lands(self, unit: UnitId) -> tuple[UnitFacts, ...]:
        found: dict[UnitId, UnitFacts] = {}
        row = [unit]
        while row:
            one = row.pop(0)
            memberships = tuple(map(Membership, sorted(self.above[one])))
            found[one] = UnitFacts(one, True, "", Sphere.LOCAL, "XX", "UTC", memberships=memberships)
            row += [body.body for body in memberships if body.body not in found]
        return tuple(found.values())

    def begins(self, unit: UnitId, function: str) -> None:
        """Refused where somebody holds it already; then nothing happens."""
        stream = StreamId(UUID(int=0xA000 + len(self.mandates)))
        [drafted] = scenario(MANDATES).when(draft(exclusive=True, function=function)).events
        scope = Scope(function, unit, None, on_day(self.lands(unit), LATER)[1:])
        begun = happened.MandateActivated(LATER, scope)
        if not self.claims.against(asking := self.asking(stream, begun)):
            self.claims.apply(asking)
            self.mandates[stream] = scenario(MANDATES).given(replace(drafted, territory=unit), begun)

    def asking(self, stream: StreamId, event: Any) -> Change:
        """As the office asks for what an event claims."""
        claims = MANDATES.claims(event)
        return replace(
            change(written(uuid4())),
            takes=tuple((one.word, stream) for one in claims if one.taken and not one.shared),
            shares=tuple((one.word, stream) for one in claims if one.taken and one.shared),
            frees=tuple((one.word, stream) for one in claims if not one.taken),
        )

    def ends(self, stream: StreamId) -> None:
        told = self.mandates[stream]
        over = happened.MandateRevoked(LATER, Ending.COMPETENCE_LOST, None, told.state.freed)
        self.claims.apply(self.asking(stream, over))
        self.mandates[stream] = told.given(over)
        self.follow(one for one in self.standing() if stream in self.named(one))

    def moves(self, unit: UnitId, above: set[UnitId]) -> None:
        self.above[unit] = above
        scopes = self.standing()
        self.follow(one for one, scope in scopes.items() if unit in (scope.territory, *scope.within))

    def follow(self, streams: Any) -> None:
        """As the reactor does: again with whom it met, until nobody stands in its way."""
        for stream in list(streams):
            met: dict[UUID, None] = {}
            while True:
                told, beside = self.mandates[stream], tuple(StreamId(one) for one in met)
                others = tuple(facts(self.mandates[one].state, one) for one in beside)
                lands = self.lands(told.state.exclusive.territory)
                command = ask(asked.FollowTerritory, LATER, lands=lands, beside=beside, beside_facts=others)
                events = MANDATES.decider.decide(command, told.state)
                if not events:
                    break
                asking = self.asking(stream, events[0])
                held = self.claims.against(asking)
                if not held:
                    self.claims.apply(asking)
                    self.mandates[stream] = told.given(*events)
                    break
                before = len(met)
                met |= dict.fromkeys(holder for _, holder in held)
                assert len(met) > before, "somebody stands in its way who was named already"

    def standing(self) -> dict[StreamId, Scope]:
        found = {stream: told.state.freed for stream, told in self.mandates.items()}
        return {stream: scope for stream, scope in found.items() if scope is not None}

    def named(self, stream: StreamId) -> set[StreamId]:
        return {one.mandate for one in self.standing()[stream].beside or ()}

    def check(self) -> None:
        """Of two that hold the same, one in what the other lies in, that one names the other; and nobody else."""
        scopes = self.standing()
        for stream, scope in scopes.items():
            above = set(on_day(self.lands(scope.territory), LATER)[1:])
            clash = {
                other
                for other, one in scopes.items()
                if one.territory in above
                and (cofog.covers(one.function, scope.function) or cofog.covers(scope.function, one.function))
            }
            assert clash == self.named(stream)


@st.composite
def acts(draw: st.DrawFn) -> list[tuple[str, int, Any]]:
    one = st.one_of(
        st.tuples(st.just("begins"), st.integers(0, 5), st.sampled_from(("07", "07.3", "07.4"))),
        st.tuples(st.just("moves"), st.integers(0, 4), st.sets(st.integers(0, 5), max_size=2)),
        st.tuples(st.just("ends"), st.integers(0, 9), st.none()),
    )
    return draw(st.lists(one, max_size=30))


@given(acts())
@settings(max_examples=300)
def test_of_two_that_hold_the_same_the_record_names_one_with_the_other(said: list[tuple[str, int, Any]]) -> None:
    world = World()
    for act, number, what in said:
        standing = list(world.standing())
        if act == "begins":
            world.begins(UNITS[number], what)
        elif act == "moves":
            world.moves(UNITS[number], {UNITS[one] for one in what if one > number})
        elif standing:
            world.ends(standing[number % len(standing)])
        world.check()
    for stream in list(world.standing()):
        world.ends(stream)
    assert not any(
        world.claims.holder(f"exclusive-mandate:law:{group}:{unit}", StreamId(uuid4()), shared=False)
        for group in cofog.GROUPS
        for unit in UNITS
    ), "what ends frees all that it held"


def test_such_a_world_has_clashes() -> None:
    """Or the property would hold of nothing."""
    world = World()
    for unit in UNITS[:2]:
        world.begins(unit, "07.3")
    world.moves(UNITS[0], {UNITS[1]})
    lower, upper = world.standing()
    assert world.named(lower) == {upper}
