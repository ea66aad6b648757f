"""What officers choose in a form: steps and reports by what they say, codes by their names, things by their titles."""

import re
from datetime import date
from html import unescape
from uuid import UUID

import pytest

from api import past
from api.classified import CODES
from api.commands import verbs
from api.officers.choosing import NAMED, NUMBERED, numbered, offer, records
from api.officers.fields import Option, form_of
from api.tongues import READER, Reader, tongue
from domain.contexts import CONTEXTS
from domain.kernel import EventName
from projections.kernel import own_stream
from projections.views import VIEWS
from services.names import NAMES
from tests.api.client import Said, give, proposed
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, page, pressed, promise, told
from tests.api.test_pages import Page

ROWS = {view.name for view in VIEWS if view.keys is own_stream}
COUNTS = {
    "percent", "reporting_months", "notice_days", "staff", "budget_year", "in_favour", "members", "against", "cast",
    "len", "price_basis", "commitment_milestone",
}  # fmt: skip
"""Fields with a number that counts something, or that another thing gave."""


def choices(said: Said, name: str) -> dict[str, str]:
    """What a field of a page offers, by what is sent."""
    found = re.search(rf'<select id="f-{name}"[^>]*>(.*?)</select>', said.body.decode())
    assert found is not None, told(said)
    pairs = re.findall(r'<option value="([^"]+)"[^>]*>([^<]*)</option>', found[1])
    return {key: unescape(text) for key, text in pairs}


def test_every_number_of_something_is_chosen() -> None:
    for verb in verbs(CONTEXTS):
        for node in form_of(verb.request.schema(), {}).walk():
            if node.leaf is not None and node.leaf.document["type"] == "integer":
                assert numbered(node) or node.step in COUNTS, f"{verb.operation}: {node.name}"


def test_every_id_of_a_thing_is_found_by_what_it_is_called() -> None:
    for verb in verbs(CONTEXTS):
        for node in form_of(verb.request.schema(), {}).walk():
            if node.leaf is not None and node.leaf.document.get("format") == "uuid":
                assert node.view in ROWS or node.step == "subject", f"{verb.operation}: {node.name}"


def test_what_is_chosen_from_is_recorded_under_these_names() -> None:
    known = {name.partition(".")[0] for name in NAMES}
    assert {one for kinds in (*NUMBERED.values(), *NAMED.values()) for one in kinds} <= known
    assert len(CODES["sdg"]) == 186


def _with_steps(live: Live) -> str:
    stream = str(proposed(live)["stream"])
    for number, title in enumerate(("Dig the holes", "Plant the trees"), 1):
        step = {"title": {"en": title}, "due_on": f"2030-0{number}-01", "responsible": str(live.story.city)}
        assert give(live, f"commitments/{stream}/add-milestone", {"milestone": step}).status == 201
    assert give(live, f"commitments/{stream}/adopt", token=live.signatory).status == 201
    return stream


def test_a_step_is_chosen_by_its_title_and_a_deadline_by_its_day(live: Live) -> None:
    stream = _with_steps(live)
    said = page(live, f"/give/commitments/{stream}/report-progress", live.officer)
    assert choices(said, "milestone") == {
        "1": "1: Dig the holes, 2030-01-01, Lyon",
        "2": "2: Plant the trees, 2030-02-01, Lyon",
    }
    typed = {"percent": "10", "account__0__text": "Two holes", "milestone": "1"}
    said = pressed(live, f"/give/commitments/{stream}/report-progress", live.officer, "try", Form(said), **typed)
    assert (said.status, Form(said).fields["milestone"]) == (200, "1"), told(said)
    said = page(live, f"/give/commitments/{stream}/request-extension", live.officer)
    assert any("2030-02-01" in one and "milestone" in one for one in choices(said, "deadline").values())


def test_what_is_corrected_is_offered_by_what_it_says(live: Live) -> None:
    stream = _with_steps(live)
    said = {"percent": 10, "account": {"en": "Two holes"}}
    assert give(live, f"commitments/{stream}/report-progress", said).status == 201
    form = page(live, f"/give/commitments/{stream}/correct-progress", live.officer)
    listed = re.findall(rf'<option value="({stream}/[0-9]+)">([^<]*)<', form.body.decode())
    name, text = next(one for one in listed if "Two holes" in one[1])
    assert text.endswith("(Progress reported)")
    typed = {"percent": "5", "because": "Miscounted.", "basis": "Minutes of 3 May", "corrects": name}
    address = f"/give/commitments/{stream}/correct-progress"
    assert pressed(live, address, live.officer, "record", Form(form), **typed).status == 201


def test_goals_and_functions_are_chosen_by_their_names(live: Live) -> None:
    said = page(live, PROPOSE, live.officer)
    assert choices(said, "sdg-0")["11.7"] == "11.7 Sustainable cities and communities"
    functions = choices(page(live, "/give/mandates/draft", live.officer), "function")
    assert (functions["07.3"], len(functions)) == ("07.3 Hospital services", 79)
    said = pressed(live, PROPOSE, live.officer, "try", Form(said), **promise() | {"sdg__0": "99"})
    assert (said.status, Form(said).fields["sdg.0"]) == (422, "99"), "what is none is kept, and refused"


def test_a_thing_is_found_by_words_of_its_title(live: Live) -> None:
    stream = _with_steps(live)
    address = f"/give/commitments/{stream}/rest-on-mandate"
    form = Form(page(live, address, live.officer))
    said = pressed(live, address, live.officer, "try", form, mandate="pupils")
    assert "Several things may be meant: choose one." in told(said)
    offered = choices(said, "mandate")
    assert len(offered) == 2
    assert all("pupils" in one for one in offered.values())
    said = pressed(live, address, live.officer, "try", form, mandate="school shuttles")
    assert said.status in (200, 409), told(said)
    assert "Run the school shuttles" in told(said)
    said = pressed(live, address, live.officer, "try", form, mandate="nothing of this kind")
    assert "The register knows nothing that is called nothing of this kind." in told(said)


def test_a_history_too_long_to_choose_from_is_typed(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:

    monkeypatch.setattr(past, "HISTORY", 2)
    said = page(live, f"/give/commitments/{_with_steps(live)}/report-progress", live.officer)
    assert '<input id="f-milestone"' in said.body.decode()


def test_a_refusal_about_a_field_stands_beside_it(live: Live) -> None:
    address = f"/give/commitments/{_with_steps(live)}/report-progress"
    typed = {"percent": "50", "account__0__text": "Half of it"}
    said = pressed(live, address, live.officer, "record", Form(page(live, address, live.officer)), **typed)
    assert said.status == 201
    form = Form(page(live, address, live.officer))
    said = pressed(live, address, live.officer, "record", form, **typed | {"percent": "40"})
    assert (said.status, "f-percent-wrong" in Form(said).described["percent"]) == (409, True)
    assert "50 % was reported before." in told(said)
    said = pressed(live, address, live.officer, "record", form, **typed | {"effective_on": "2090"})
    assert "f-effective_on-wrong" in Form(said).described["effective_on"]


def test_a_refusal_about_a_group_of_fields_leads_to_the_group(live: Live) -> None:
    form = Form(page(live, PROPOSE, live.officer))
    twice = {"parties__0__unit": "France", "parties__0__part": "co_owner", "parties__1__unit": "France",
             "parties__1__part": "funder"}  # fmt: skip
    said = pressed(live, PROPOSE, live.officer, "record", form, **promise(), **twice)
    assert said.status == 409
    assert "#f-parties" in Page(said).links
    group = re.search('<fieldset id="f-parties"[^>]*>', said.body.decode())
    assert group is not None
    assert 'aria-describedby="f-parties-wrong"' in group[0]
    box = re.search('<section class="notice".*?</section>', said.body.decode(), re.DOTALL)
    assert box is not None
    assert (box[0].count("Each unit has one part"), box[0].count("party-twice")) == (1, 1)


def test_functions_and_goals_are_said_in_the_readers_language_else_marked_as_english() -> None:
    root = form_of(next(one for one in verbs(CONTEXTS) if one.operation == "mandates.draft").request.schema(), {})
    function = next(node for node in root.walk() if node.step == "function")
    said = {}
    for tag in ("en", "fr", "ar"):
        token = READER.set(Reader(tongue(tag)))
        offer(root, (), {}, ())
        said[tag] = {one.key: one for one in function.options}
        READER.reset(token)
    assert said["fr"]["07.3"] == Option("07.3", "07.3 Services hospitaliers", "")
    assert said["ar"]["07"].said == "07 الصحة"
    assert said["ar"]["07.5"] == Option("07.5", "07.5 R&D health", "en"), "no title of it was found in Arabic"
    assert {one.lang for one in said["en"].values()} == {""}


def test_a_record_is_told_by_its_own_words_and_codes() -> None:
    """A currency, an id or a licence is no name of ours, though it be written alike."""
    data = {"currency": "EUR", "licence": "CC-BY-4.0", "sphere_of": "local", "state": "adopted"}
    said = past.Told(
        4, EventName(f"{UUID(int=5)}/3"), "commitment-recorded.1", date(2026, 1, 1), "2026", "", "", "", "", "", None,
        data, (), asked=True, happened=date(2026, 1, 1),
    )  # fmt: skip
    token = READER.set(Reader(tongue("ar")))
    assert records([said], {}, ())[0][1].startswith("3: EUR، CC-BY-4.0، local، مُقَرّ (")
    READER.reset(token)
