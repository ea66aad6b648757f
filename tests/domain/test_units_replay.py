"""Whatever is asked of a unit in whatever order: its history replays, and its codes are claimed as it has them."""

from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import given as forall
from hypothesis import strategies as st

from domain.kernel import EventName, PartialDate, Refused, Role, Sphere, Today
from domain.units import UNITS, Identifier, Kind, Manner, Stage, Unit
from domain.units.commands import (
    AbolishUnit,
    AccreditRepresentative,
    ActivateUnit,
    AnnulEntry,
    AttachIdentifier,
    CorrectUnit,
    DetachIdentifier,
    EndMembership,
    RecordCompetence,
    RecordMembership,
    RegisterUnit,
    RenameUnit,
    RestoreUnit,
    RevokeAccreditation,
    WithdrawCompetence,
)
from domain.units.events import Particulars
from tests.domain.unit_stories import (
    DRONGEN,
    GENT,
    LOCODE,
    METROPOLIS,
    NAME,
    NIS,
    TODAY,
    assign,
    belgium,
    flanders,
    gent,
    given,
    merge_away,
    metropolis,
    opening,
    register,
    registrar,
    rename,
    set_parent,
    signatory,
    split,
    take_in,
)

DATES = st.sampled_from(["2019", "2020-06", "2024-12-31", "2025-01-01", "2026-07-01"]).map(PartialDate)
CODES = st.sampled_from([NIS, LOCODE, Identifier("wikidata", "Q1296")])
ACTORS = st.sampled_from([registrar, signatory, replace(signatory, unit=DRONGEN), opening])
COMMANDS: st.SearchStrategy[Any] = st.one_of(
    st.builds(RegisterUnit, **{name: st.just(getattr(register, name)) for name in register.__dataclass_fields__}),
    st.builds(ActivateUnit, today=st.just(TODAY), effective_on=DATES),
    st.builds(
        CorrectUnit,
        corrects=st.integers(1, 3).map(lambda version: EventName.at(GENT, version)),
        changes=st.builds(
            Particulars,
            sphere=st.none() | st.sampled_from(Sphere),
            kind=st.none() | st.sampled_from([Kind.MUNICIPALITY, Kind.COUNTY]),
            time_zone=st.none() | st.sampled_from(["Europe/Brussels", "Pacific/Auckland"]),
            alive_from=st.none() | DATES,
            legal_basis=st.none() | st.just("Another Act"),
        ),
        above=st.sampled_from([(), (flanders, belgium)]),
        today=st.just(TODAY),
        there=st.sampled_from([TODAY, Today(date(2026, 11, 25))]),
    ),
    st.builds(RenameUnit, name=st.sampled_from([register.name, rename.name])),
    st.builds(AttachIdentifier, identifier=CODES),
    st.builds(DetachIdentifier, identifier=CODES),
    st.sampled_from([set_parent, replace(set_parent, parent=None, above=())]),
    st.sampled_from([merge_away, take_in, split, replace(split, continues=False), assign]),
    st.builds(AbolishUnit, effective_on=DATES),
    st.builds(RestoreUnit, effective_on=DATES, without=st.sampled_from([(), (NIS,)])),
    st.builds(
        AccreditRepresentative,
        role=st.sampled_from([Role.AUTHORISED_SIGNATORY, Role.LIAISON_OFFICER, Role.REGISTRAR]),
        name=st.just(NAME),
        valid_from=st.dates(date(2025, 1, 1), date(2027, 1, 1)),
        valid_until=st.none() | st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        actor=ACTORS,
        today=st.just(TODAY),
    ),
    st.builds(
        RevokeAccreditation,
        accreditation=st.integers(1, 20).map(lambda version: EventName.at(GENT, version)),
        actor=ACTORS,
        today=st.just(TODAY),
    ),
    st.builds(
        RecordCompetence,
        function=st.sampled_from(["07", "07.3", "01.9"]),
        territory=st.just(GENT),
        manner=st.sampled_from(Manner),
        legal_basis=st.just("a law"),
        held_from=DATES,
        held_until=st.none() | DATES,
        territory_unit=st.just(gent),
    ),
    st.builds(
        RecordMembership,
        body=st.just(METROPOLIS),
        legal_basis=st.just("a law"),
        member_from=DATES,
        member_until=st.none() | DATES,
        above=st.sampled_from([(metropolis, flanders), (replace(metropolis, parent=GENT), gent)]),
    ),
    st.builds(AnnulEntry, corrects=st.integers(1, 20).map(lambda version: EventName.at(GENT, version))),
    st.builds(EndMembership, body=st.just(METROPOLIS), member_until=DATES),
    st.builds(WithdrawCompetence, function=st.sampled_from(["07", "07.3"]), territory=st.just(GENT), held_until=DATES),
)


@forall(st.lists(COMMANDS, max_size=40))
def test_what_was_accepted_replays_to_the_same_state(commands: list[Any]) -> None:
    decider, history, state = UNITS.decider, list[Any](), UNITS.decider.initial
    for command in [register, *commands]:
        try:
            events = decider.decide(command, state)
        except Refused:
            continue
        history += events
        state = decider.fold(events, state)
    assert decider.fold(history) == state
    half = len(history) // 2
    assert decider.fold(history[half:], decider.fold(history[:half])) == state
    assert isinstance(state, Unit)
    assert state.version == len(history)


@forall(st.lists(COMMANDS, max_size=40))
def test_the_codes_that_a_unit_claims_are_those_that_it_has(commands: list[Any]) -> None:
    """What is taken was free, what is freed was held, and nobody else can have it in between."""
    held: set[str] = set()
    reached = given()
    for command in [register, *commands]:
        outcome = reached.when(command)
        for claim in [claim for event in outcome.events for claim in UNITS.claims(event)]:
            assert claim.taken == (claim.word not in held)
            held = held | {claim.word} if claim.taken else held - {claim.word}
        reached = reached.given(*outcome.events)
        if reached.state.stage is not Stage.ABOLISHED:
            assert held == {code.word for code in reached.state.identifiers}
