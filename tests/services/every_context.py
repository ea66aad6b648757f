"""A short history in which every context has something under way, from which tests go on."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from domain.commitments.words import Milestone, Part
from domain.kernel import Actor, EventName, Money, PartialDate, Role, Sphere, StreamId, UnitId, Words
from domain.mandates.words import Ground as RevocationGround
from domain.mandates.words import Instrument, Kind, MandateWording, Pause, ReturnGround, Settlement
from domain.subsidiarity.allocations.words import Grid, Mode, QuestionWording
from domain.subsidiarity.allocations.words import Ground as UpwardGround
from domain.subsidiarity.allocations.words import Test as Answered
from domain.subsidiarity.reviews.words import (
    AuthorKind,
    Competence,
    Draft,
    DraftWording,
    Ground,
    Justification,
    Outcome,
    Seat,
    SeatKind,
)
from domain.subsidiarity.words import Indicator
from domain.units import Kind as UnitKind
from domain.units import Manner
from domain.units.events import Particulars
from services.bootstrap import Services
from services.orders import Answer, Note
from services.story import tell
from tests.services.acting import FUNCTION, SINCE, Party, entrusted, set_clock, unit_of
from tests.services.test_handle import give, person

TEXT, RIGHT = Words({"en": "As told."}), Words({"en": "As it should have been told."})
WHY = "The council so decided."
OVER_ALL = (Role.AUTHORISED_SIGNATORY, Role.POLICY_ADMIN, Role.AUDITOR)
"""Whom the registrar accredits; the signatory accredits the others."""
PEOPLE = (*OVER_ALL, *(role for role in Role if role not in (*OVER_ALL, Role.REGISTRAR)))


@dataclass(slots=True)
class Country:
    """Units, and everybody who may act for them."""

    services: Services
    people: dict[tuple[UnitId, Role], Actor]

    async def enter(self, name: str, sphere: Sphere, place: str, parent: UnitId | None = None) -> UnitId:
        unit = await unit_of(self.services, name, sphere, "Europe/Paris", place, parent)
        for role in PEOPLE:
            by = None if role in OVER_ALL else self.people[unit, Role.AUTHORISED_SIGNATORY]
            self.people[unit, role] = await person(self.services, unit, role, by=by)
        return unit

    async def say(
        self, unit: UnitId, command: str, stream: UUID | None = None, /, role: Role = Role.AUTHORISED_SIGNATORY,
        on: date | None = None, **fields: Any,
    ) -> Answer:  # fmt: skip
        note = Note(effective_on=None if on is None else PartialDate(on), because=WHY, lang="en")
        return await give(self.services, self.people[unit, role], command, stream, note=note, **fields)

    async def put_right(self, by: Actor, command: str, stream: UUID, changes: Any) -> None:
        """The first record of something says something wrong."""
        first = EventName.at(stream, 1)
        note = Note(corrects=first, because="A slip of the pen.", lang="en", basis="Act 3, art. 9")
        await give(self.services, by, command, stream, note=note, corrects=first, changes=changes)

    def party(self, unit: UnitId) -> Party:
        return Party(unit, self.people[unit, Role.AUTHORISED_SIGNATORY])


async def story_told(services: Services) -> None:
    """The sample story, which has commitments in every state; at noon, when it is one day in all Europe."""
    set_clock(services, datetime.now(UTC).replace(hour=12))
    assert await tell(services.office, services.registrar) is not None


async def told(services: Services) -> None:
    """A country of its own, with a mandate, a review, an allocation and a commitment at each of their stages."""
    here = Country(services, {})
    nation = await here.enter("Nation", Sphere.NATIONAL, "FR")
    region = await here.enter("Region", Sphere.REGIONAL, "FR", nation)
    city = await here.enter("City", Sphere.LOCAL, "FR", region)
    village = await here.enter("Village", Sphere.LOCAL, "FR", region)
    league = await here.enter("League", Sphere.LOCAL, "FR")
    for unit in (nation, region, city):
        await give(
            services, services.registrar, "units.record-competence", unit, function=FUNCTION, territory=unit,
            manner=Manner.OWN, legal_basis="Act 1", held_from=SINCE, held_until=None,
        )  # fmt: skip
    await here.put_right(services.registrar, "units.correct", league, Particulars(kind=UnitKind.ASSOCIATION))
    await _mandates(here, region, city, village)
    await _territories(here, region, village)
    await _commitments(here, region, city)
    await _reviews(here, nation, league)
    await _allocations(here, region, city)
    await _policies(here, nation)
    await _erasures(here, village)


async def _mandates(here: Country, region: UnitId, city: UnitId, village: UnitId) -> None:
    giver, recipient = here.party(region), here.party(city)
    day = here.services.office.clock().date()
    ends_on, euros, finance = day + timedelta(days=3650), Money(Decimal(1000), "EUR"), Role.FINANCE_OFFICER
    top = await entrusted(here.services, giver, recipient, city, ends_on=ends_on)
    await entrusted(here.services, recipient, here.party(village), city, top, may_subdelegate=False, ends_on=ends_on)
    settled = Settlement(Money(Decimal(0), "EUR"), "Account 7")
    other = await entrusted(here.services, giver, recipient, city, exclusive=True)
    await here.say(city, "mandates.return", other, ground=ReturnGround.INCAPACITY, settlement=settled)
    draft: dict[str, Any] = {
        "giver": region, "recipient": city, "kind": Kind.DELEGATION, "instrument": Instrument.AGREEMENT,
        "function": FUNCTION, "territory": city, "purpose": TEXT, "legal_basis": "Act 4", "starts_on": day,
        "ends_on": ends_on,
    }  # fmt: skip
    estimate = {"role": finance, "yearly": euros, "revenue": euros, "method": TEXT}
    voted = {"resolution": "Resolution 7", "in_favour": 30, "members": 50}
    steps: list[tuple[UnitId, str, dict[str, Any]]] = [
        (region, "record-consultation", {"consulted": (city,), "opened_on": day, "closed_on": day, "outcome": TEXT}),
        (region, "attach-estimate", estimate),
        (region, "commit-funding", {"role": finance, "budget_line": "1", "budget_year": 2026, "yearly": euros}),
        (region, "offer", {}),
        (city, "accept-with-reservations", {"reservations": TEXT}),
        (region, "agree-reservations", {}),
        (region, "activate", {}),
        (city, "report-exercise", {"period_from": day, "period_to": day, "account": TEXT}),
        (region, "suspend", {"ground": Pause.EMERGENCY, "until": day + timedelta(days=14)}),
        (region, "prolong-suspension", {"until": day + timedelta(days=44), **voted}),
        (region, "restore", {}),
        (region, "renew", {"ends_on": ends_on + timedelta(days=300)}),
        (city, "accept-renewal", {}),
        (region, "give-notice", {"ground": RevocationGround.EMERGENCY}),
        (city, "record-hearing", {"held_on": day, "account": TEXT}),
        (region, "revoke", {"settlement": settled}),
    ]
    for far in range(len(steps) + 1):
        stream = (await here.say(region, "mandates.draft", **draft)).stream
        await here.put_right(
            here.people[region, Role.LIAISON_OFFICER], "mandates.correct", stream, MandateWording(legal_basis="Act 5")
        )
        for unit, name, fields in steps[:far]:
            await here.say(unit, f"mandates.{name}", stream, **fields)


async def _territories(here: Country, region: UnitId, village: UnitId) -> None:
    """A village joins a body in which the same is entrusted exclusively as in the village, and leaves it."""
    services, giver = here.services, here.party(region)
    body = await here.enter("Body", Sphere.LOCAL, "FR", region)
    for one in (body, village):
        await entrusted(services, giver, here.party(one), one, exclusive=True)
    day = services.office.clock().date()
    joined: dict[str, Any] = {"member_from": PartialDate(day - timedelta(days=9)), "member_until": None}
    await give(
        services, services.registrar, "units.record-membership", village, body=body, legal_basis="Act 5", **joined
    )
    await services.workers.catch_up()
    left = PartialDate(day + timedelta(days=90))
    await give(services, services.registrar, "units.end-membership", village, body=body, member_until=left)
    await services.workers.catch_up()
    _, state = await services.office.states.state("units", StreamId(village))
    for entry in state.entries:
        name, law = EventName.at(village, entry.version), Particulars(legal_basis="Act 6")
        slip = Note(corrects=name, because=WHY, lang="en", basis="Act 3, art. 9")
        await give(services, services.registrar, "units.correct", village, note=slip, corrects=name, changes=law)
        note = Note(corrects=EventName.at(village, entry.version), because=WHY, lang="en", basis="Act 3, art. 9")
        await give(services, services.registrar, "units.annul-entry", village, note=note, corrects=note.corrects)


async def _commitments(here: Country, region: UnitId, city: UnitId) -> None:
    day = here.services.office.clock().date()
    soon = day + timedelta(days=200)
    propose: dict[str, Any] = {
        "owner": city, "title": TEXT, "description": TEXT, "ends_on": PartialDate(day + timedelta(days=3000)),
        "sdg": ("11.2",), "parties": (), "starts_on": None, "document": None,
    }  # fmt: skip
    officer = Role.LIAISON_OFFICER
    steps: list[tuple[UnitId, str, dict[str, Any]]] = [
        (city, "add-party", {"unit": region, "part": Part.FUNDER, "required": True}),
        (region, "accept", {}),
        (city, "add-milestone", {"milestone": Milestone(TEXT, soon, city)}),
        (city, "adopt", {}),
        (city, "request-extension", {"until": day + timedelta(days=3300), "deadline": None}),
        (region, "grant-extension", {"extension": 1}),
        (city, "report-progress", {"role": officer, "percent": 50, "account": TEXT, "milestone": None}),
        (region, "confirm-report", {"role": officer, "report": 1}),
        (city, "complete-milestone", {"role": officer, "milestone": 1}),
        (region, "confirm-milestone", {"role": officer, "milestone": 1}),
    ]
    for far in range(len(steps) + 1):
        stream = (await here.say(city, "commitments.propose", **propose)).stream
        for unit, name, fields in steps[:far]:
            await here.say(unit, f"commitments.{name}", stream, **fields)
    contract = (await here.say(city, "commitments.propose", **propose)).stream
    for days in (30, 200):
        await here.say(
            city, "annexes.seal", unit=city, commitment=contract, title=TEXT, text="Nobody reads it before its day.",
            language="en", release_on=day + timedelta(days=days),
        )  # fmt: skip


async def _erasures(here: Country, village: UnitId) -> None:
    """One who left, and is forgotten."""
    services, subject = here.services, uuid4()
    await give(
        services, services.registrar, "units.accredit", village, cmd=subject, role=Role.AUDITOR, name="Ada Example",
        valid_from=date(2001, 1, 1), valid_until=date(2002, 1, 1),
    )  # fmt: skip
    await give(services, services.registrar, "erasures.erase", subject=subject, basis="Act 9, art. 2")


async def _reviews(here: Country, nation: UnitId, league: UnitId) -> None:
    statement = Justification(TEXT, (Indicator(TEXT),), TEXT, TEXT, TEXT, TEXT)
    said: dict[str, Any] = {
        "polity": nation, "author": nation, "author_kind": AuthorKind.GOVERNMENT, "draft": Draft("Bill 1", TEXT),
        "competence": Competence.SHARED, "languages": ("fr",), "roll": (Seat(league, SeatKind.ASSOCIATION),),
        "justification": statement,
    }  # fmt: skip
    opinion: dict[str, Any] = {"chamber": league, "grounds": (Ground.NECESSITY,), "reasons": TEXT}
    day = here.services.office.clock().date()
    opened = None
    for longer in (0, 300):
        begun = day - timedelta(days=longer)
        opened = await here.say(nation, "reviews.open", on=begun, **said)
        await here.say(nation, "reviews.complete-transmission", opened.stream, on=begun)
        await here.say(
            league, "reviews.submit-opinion", opened.stream, role=Role.FORUM_SECRETARIAT, on=begun, **opinion
        )
    await here.services.workers.catch_up()
    assert opened is not None
    officer = here.people[nation, Role.LIAISON_OFFICER]
    await here.put_right(officer, "reviews.correct", opened.stream, DraftWording(title=RIGHT))
    await here.say(nation, "reviews.decide", opened.stream, outcome=Outcome.AMEND, summary=TEXT, widens=True)
    await here.say(nation, "reviews.open", **said, follows=opened.stream)


async def _allocations(here: Country, region: UnitId, city: UnitId) -> None:
    asked: dict[str, Any] = {
        "requester": city, "decider": region, "matter": TEXT, "description": TEXT, "function": FUNCTION,
        "territory": region, "candidates": (Sphere.LOCAL, Sphere.REGIONAL), "affected": (city, region),
    }  # fmt: skip
    yes = Answered(True, TEXT)
    grid = Grid(Sphere.REGIONAL, "Act 1", yes, yes, TEXT, TEXT, TEXT, TEXT, TEXT, indicators=(Indicator(TEXT),) * 3)
    streams: list[StreamId] = []
    for _ in range(3):
        opened = await here.say(city, "allocations.request", **asked)
        streams.append(opened.stream)
        signatory = here.people[city, Role.AUTHORISED_SIGNATORY]
        await here.put_right(signatory, "allocations.correct", opened.stream, QuestionWording(description=RIGHT))
        for unit in (city, region):
            await here.say(unit, "allocations.submit-grid", opened.stream, grid=grid)
        up: dict[str, Any] = {"sphere": Sphere.REGIONAL, "mode": Mode.OWN}
        await here.say(region, "allocations.propose", opened.stream, why=TEXT, **up)
    choice: dict[str, Any] = {
        "sphere": Sphere.REGIONAL,
        "mode": Mode.OWN,
        "grounds": (UpwardGround.EXTENT,),
        "rests_on": 1,
    }
    for stream in streams[1:]:
        await here.say(region, "allocations.decide", stream, **choice)
    held = await here.say(region, "allocations.record-power-by-law", streams[2], holder=region, territory=region)
    note = Note(corrects=EventName.at(streams[2], held.version - 1), because=WHY, lang="en", basis="Act 3, art. 9")
    signatory = here.people[region, Role.AUTHORISED_SIGNATORY]
    await give(
        here.services, signatory, "allocations.correct-power-by-law", streams[2], note=note, corrects=note.corrects
    )


async def _policies(here: Country, nation: UnitId) -> None:
    """One of a jurisdiction's own, with the values of the one for everywhere."""
    stored = [record async for batch in here.services.store.scan() for record in batch]
    told = next(one for one in stored if one.type == "policy-adopted.1")
    event = here.services.codec.event(told)
    admin = Role.POLICY_ADMIN
    own: dict[str, Any] = {"values": event.values, "in_force_from": date(2027, 1, 1)}
    place = f"Q{'QRSTUVWXYZ'[sum(one.type == told.type and one.stream != told.stream for one in stored) % 10]}"
    adopted = await here.say(nation, "policies.adopt", role=admin, name=event.name, jurisdiction=place, **own)
    own["in_force_from"] = date(2028, 1, 1)
    await here.say(nation, "policies.amend", adopted.stream, role=admin, **own)
