"""What was put right reads right in every view that says it; what was said before stands in the view of corrections."""

from dataclasses import fields, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.contexts import CONTEXTS
from domain.kernel import EventName, PartialDate, Role, Sealed, Sphere, StreamId, Today, Words
from domain.mandates.commands import CorrectMandate
from domain.mandates.words import Document as Deed
from domain.mandates.words import MandateWording
from domain.subsidiarity.allocations.commands import CorrectRequest
from domain.subsidiarity.allocations.words import QuestionWording
from domain.subsidiarity.reviews.commands import CorrectReview, SubmitContribution
from domain.subsidiarity.reviews.words import DraftWording
from domain.units import Kind, Manner
from domain.units.events import (
    CompetenceCorrected,
    CompetenceRecorded,
    MembershipCorrected,
    MembershipRecorded,
    Particulars,
    RepresentativeAccredited,
    UnitCorrected,
)
from projections.delegations import DELEGATIONS
from projections.mandates import MANDATES
from projections.views import VIEWS
from tests.domain import allocation_stories as allocations
from tests.domain import mandate_stories as mandates
from tests.domain import review_stories as reviews
from tests.domain.commitment_stories import CITY, DAY, NAMES, REGION, words
from tests.domain.scenario import scenario
from tests.projections.mandate_ledger import ledger
from tests.projections.register import LEDGER, Register, directory, opened, registered
from tests.projections.telling import Told


def told(context: str, stream: StreamId, *commands: Any, spheres: Any, names: Any = None) -> Told:
    """Every view, over units and what these commands make; corrections name what they correct."""
    telling, at = Told(VIEWS, spheres=spheres).tell(LEDGER, opened), scenario(CONTEXTS[context])
    for unit, sphere in spheres.items():
        telling.tell(
            unit, replace(registered, unit=unit, name=words((names or {}).get(unit, f"{unit}")), sphere=sphere)
        )
    for command in commands:
        outcome = at.when(command)
        assert outcome.refused is None, outcome.refused
        acting = getattr(command, "acting", None)
        corrects = getattr(command, "corrects", None)
        on = getattr(command, "today", DAY)
        telling.tell(stream, *outcome.events, on=on, by=acting and acting.id, because="A slip.", corrects=corrects)
        at = at.given(*outcome.events)
    return telling


def changed(telling: Told) -> list[tuple[str, str, str]]:
    (row,) = telling.all("corrections")
    return [(one.field, one.before, one.after) for one in row.changed]


def of_mandate(*commands: Any) -> Told:
    spheres = {unit: sphere for unit, sphere in mandates.SPHERES.items() if unit != mandates.UNION}
    return told("mandates", mandates.STREAM, *commands, spheres=spheres, names=mandates.NAMES)


def mandate_corrected(**changes: Any) -> Any:
    first = EventName.at(mandates.STREAM, 1)
    return mandates.ask(CorrectMandate, corrects=first, changes=MandateWording(**changes))


def test_a_mandate_is_called_what_it_is_for_in_every_view() -> None:
    key = str(mandates.STREAM)
    purpose = Words({"en": "Run the clinic in Northside", "fr": "Tenir la clinique"})
    told = of_mandate(mandates.draft(), mandate_corrected(purpose=purpose, legal_basis="Health Act, s. 21"))
    row, chain = told.one("mandates", key), told.one("delegations", key)
    assert (row.name, row.purpose, row.legal_basis) == (purpose["en"], purpose, "Health Act, s. 21")
    assert (chain.name, chain.source_basis) == (purpose["en"], "Health Act, s. 21")
    assert [link.legal_basis for link in chain.chain] == ["Health Act, s. 21"]
    assert {turn.title for turn in told.all("turns")} == {purpose}
    assert row.parties[0].last_word_on is not None
    assert changed(told) == [
        ("purpose.en", "Run the clinic", "Run the clinic in Northside"),
        ("purpose.fr", "", "Tenir la clinique"),
        ("legal_basis", "Health Act, s. 12", "Health Act, s. 21"),
    ]


def test_a_mandate_below_another_keeps_the_chain_above_it() -> None:
    spheres = {unit: sphere for unit, sphere in mandates.SPHERES.items() if unit != mandates.UNION}
    telling = told(
        "mandates", mandates.STREAM, mandates.sub_delegate(), mandate_corrected(legal_basis="s. 3"), spheres=spheres
    )
    row = telling.one("delegations", str(mandates.STREAM))
    assert row.chain[-1].legal_basis == "s. 3"


def test_a_mandate_that_is_over_tells_where_its_document_is() -> None:
    deed = Deed(words("Agreement"), "https://example.org/a.pdf", "a" * 64)
    moved = replace(deed, url="https://example.org/b.pdf")
    told = of_mandate(mandates.draft(document=deed), *mandates.revoked[1:], mandate_corrected(document=moved))
    assert told.one("mandates", str(mandates.STREAM)).document == moved
    assert changed(told) == [("document.url", deed.url, moved.url)]


def test_opinions_follow_the_name_of_the_draft() -> None:
    key, first = str(reviews.STREAM), EventName.at(reviews.STREAM, 1)
    contribution = reviews.ask(SubmitContribution, reviews.CITY, unit=reviews.CITY, reasons=words("Why"))
    title = words("Collective action")
    told_ = told(
        "reviews", reviews.STREAM, *reviews.opened, reviews.opine(reviews.SENATE), contribution,
        reviews.ask(CorrectReview, corrects=first, changes=DraftWording(title=title)), spheres=reviews.SPHERES,
    )  # fmt: skip
    row = told_.one("reviews", key)
    assert (row.name, row.title, row.reference) == ("Collective action", title, reviews.DRAFT.reference)
    assert {one.review_name for one in told_.all("opinions")} == {"Collective action"}
    assert {one.title for one in told_.all("obligations")} == {title}
    assert len(told_.all("opinions")) == 2
    assert changed(told_) == [("title.en", reviews.DRAFT.title["en"], "Collective action")]


def test_a_draft_is_cited_as_it_should_be() -> None:
    first = EventName.at(reviews.STREAM, 1)
    right = reviews.ask(CorrectReview, corrects=first, changes=DraftWording(reference="COM(2012) 131"))
    told_ = told(
        "reviews", reviews.STREAM, *reviews.opened, right, reviews.opine(reviews.SENATE), spheres=reviews.SPHERES
    )
    assert told_.one("reviews", str(reviews.STREAM)).reference == "COM(2012) 131"
    assert [one.reference for one in told_.all("opinions")] == ["COM(2012) 131"]


def test_a_question_is_called_what_it_is_about_in_every_view() -> None:
    stream = StreamId(UUID(int=0xB7))
    asked = allocations.ask(
        CorrectRequest, corrects=EventName.at(stream, 1), stream=stream,
        changes=QuestionWording(matter=words("The Wye")),
    )  # fmt: skip
    told_ = told("allocations", stream, *allocations.proposed, allocations.upward, asked, spheres=allocations.SPHERES)
    row = told_.one("allocations", str(stream))
    assert (row.name, row.matter) == ("The Wye", words("The Wye"))
    for view in ("upward-shifts", "decisions-awaiting-mandate"):
        assert [one.name for one in told_.all(view)] == ["The Wye"]
    early = told("allocations", stream, allocations.request, asked, spheres=allocations.SPHERES)
    assert early.all("upward-shifts") == early.all("decisions-awaiting-mandate") == ()
    assert {one.title for one in early.all("turns")} == {row.matter}


ENTERED = Particulars(Sphere.LOCAL, Kind.MUNICIPALITY, "UTC", PartialDate("1900"))


def corrected(register: Register, after: Particulars) -> Register:
    """The city's entry is put right."""
    before = replace(ENTERED, **{one.name: None for one in fields(after) if getattr(after, one.name) is None})
    first = EventName.at(CITY, 1)
    return register.tell(CITY, UnitCorrected(first, before, after, PartialDate("1900")), corrects=first)


def test_a_unit_counts_in_the_sphere_that_is_right() -> None:
    register = directory()
    was, other = register.spheres[CITY], Sphere.SUPRANATIONAL
    assert was is not other
    units = {sphere: register.one("scorecards", f"sphere:{sphere}").units for sphere in (was, other)}
    held = CompetenceRecorded("07", CITY, Manner.OWN, "a law", PartialDate("2019"))
    officer = RepresentativeAccredited(Role.LIAISON_OFFICER, Sealed("a" * 64), DAY)
    corrected(register.tell(CITY, held, officer), Particulars(other, Kind.FORUM, "Europe/Brussels"))
    row = register.one("units", str(CITY))
    assert (row.sphere, row.kind, row.time_zone) == (other, Kind.FORUM, "Europe/Brussels")
    assert [one.sphere for one in register.all("representatives")] == [other]
    assert [one.holder_sphere for one in register.all("competences")] == [other]
    assert register.one("engagements", str(CITY)).sphere is other
    assert register.one("scorecards", f"unit:{CITY}").sphere is other
    now = {sphere: register.one("scorecards", f"sphere:{sphere}").units for sphere in (was, other)}
    assert now == {was: units[was] - 1, other: units[other] + 1}
    assert register.one("scorecards", f"unit:{CITY}").units == 1
    assert NAMES[CITY] == row.title


def test_what_else_is_put_right_of_a_unit_leaves_its_sphere() -> None:
    register = directory()
    officer = RepresentativeAccredited(Role.LIAISON_OFFICER, Sealed("a" * 64), DAY)
    corrected(register.tell(CITY, officer), Particulars(alive_from=PartialDate("1950")))
    assert [one.sphere for one in register.all("representatives")] == [register.spheres[CITY]]
    assert register.one("units", str(CITY)).alive_from == "1950"
    assert changed(register) == [("alive_from", "1900", "1950")]


def test_it_reads_right_of_every_day_in_law() -> None:
    """A correction counts from the day of what it corrects; what was recorded meanwhile counts after it."""
    later = date(2026, 3, 20)
    fixed = mandates.ask(
        CorrectMandate, corrects=EventName.at(mandates.STREAM, 1), today=Today(later),
        changes=MandateWording(legal_basis="Health Act, s. 21"),
    )  # fmt: skip
    ledger_ = ledger().tell(mandates.draft(), mandates.estimate, fixed)
    for day in (mandates.DAY, later):
        row = ledger_.in_law(MANDATES, day)
        assert (row.legal_basis, row.estimate) == ("Health Act, s. 21", mandates.estimate.yearly)
    assert ledger_.in_law(DELEGATIONS, mandates.DAY).source_basis == "Health Act, s. 21"
    assert ledger_.in_law(MANDATES, mandates.DAY - timedelta(days=1)) is None


def test_the_law_of_what_a_unit_holds_reads_right() -> None:
    register = directory()
    held = CompetenceRecorded("07", CITY, Manner.OWN, "a law", PartialDate("2019"))
    member = MembershipRecorded(REGION, "a decree", PartialDate("2020"))
    register.tell(CITY, held, member)
    for event, version in ((CompetenceCorrected, 2), (MembershipCorrected, 3)):
        entry: Any = held if event is CompetenceCorrected else member
        name = EventName.at(CITY, version)
        was, now = Particulars(legal_basis=entry.legal_basis), Particulars(legal_basis="Act 5")
        register.tell(CITY, event(name, was, now, entry), corrects=name)
    assert [one.legal_basis for one in register.all("competences")] == ["Act 5"]
    row = register.one("units", str(CITY))
    assert [one.legal_basis for one in (*row.competences, *row.memberships)] == ["Act 5", "Act 5"]
    shown = [(one.field, one.before, one.after) for row in register.all("corrections") for one in row.changed]
    assert shown == [("legal_basis", "a law", "Act 5"), ("legal_basis", "a decree", "Act 5")]
