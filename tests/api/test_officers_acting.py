"""Officers who act on what is there: what they saw, what others did meanwhile, and the other side's answer."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from domain.kernel import Actor, EventName, Role, StreamId, UnitId
from tests.api.client import get, give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, page, pressed, promise, receipt_of, told
from tests.api.test_pages import Page


def milestone(title: str, due_on: str = "2030-03-01") -> dict[str, str]:
    return {"milestone__title__0__text": title, "milestone__due_on": due_on, "milestone__responsible": "Lyon"}


def test_what_others_recorded_meanwhile_is_told_and_nothing_typed_is_lost(live: Live) -> None:
    stream = proposed(live)["stream"]
    address = f"/give/commitments/{stream}/add-milestone"
    form = Form(page(live, address, live.officer))
    said = give(live, f"commitments/{stream}/set-target", TARGET)
    assert said.status == 201, said.body
    before = head(live)
    said = pressed(live, address, live.officer, "record", form, **milestone("A step"))
    assert (said.status, head(live)) == (412, before)
    assert "It has changed since you saw it" in told(said)
    assert "Target set" in told(said)
    assert "When you saw it" in told(said)
    again = Form(said)
    assert again.fields["milestone.title.0.text"] == "A step"
    said = pressed(live, address, live.officer, "record", again)
    assert said.status == 201, told(said)
    assert pressed(live, address, live.officer, "record", again).status == 201, "pressed twice: recorded once"
    assert head(live) == receipt_of(said)["position"] + 1


def test_what_is_tried_on_what_has_changed_is_told_so_too(live: Live) -> None:
    stream = proposed(live)["stream"]
    address = f"/give/commitments/{stream}/add-milestone"
    form = Form(page(live, address, live.officer))
    assert give(live, f"commitments/{stream}/set-target", TARGET).status == 201
    said = pressed(live, address, live.officer, "try", form, **milestone("A step"))
    assert said.status == 412
    assert pressed(live, address, live.officer, "try", Form(said)).status == 200


def test_a_version_that_no_page_shows_is_none(live: Live) -> None:
    stream = proposed(live)["stream"]
    address = f"/give/commitments/{stream}/add-milestone"
    for seen in ("", "0", "x", "9" * 40, "\u0661"):
        form = Form(page(live, address, live.officer))
        form.fields["_seen"] = seen
        assert pressed(live, address, live.officer, "try", form, **milestone("A step")).status == 200


def test_what_a_thing_does_not_admit_is_not_offered_first_and_why_is_said(live: Live) -> None:
    stream = proposed(live)["stream"]
    address = f"/give/commitments/{stream}"
    offered, _, not_now = told(page(live, address, live.officer)).partition("What it does not admit today")
    assert "Add milestone: Add a step" in offered
    assert "Report progress" not in offered
    assert re.search(r"Report progress: [^.]*[.] The commitment has not been adopted yet[.]", not_now)
    form = page(live, f"{address}/report-progress", live.officer)
    assert "It is not admitted today: The commitment has not been adopted yet." in told(form)
    assert "not admitted today" not in told(page(live, f"{address}/add-milestone", live.officer))


def test_what_waits_for_the_unit_comes_first(live: Live) -> None:
    address = f"/give/commitments/{live.story.invitation}"
    found = told(page(live, address, live.signatory))
    assert "What you may do now It waits for you. Accept:" in found


def test_the_other_side_answers_whole_and_the_agreement_comes_about(live: Live) -> None:
    """A region invites the city; the city accepts, the region adopts: by forms alone, to the very row."""
    region, signatory = officers_of(live, "Auvergne-Rhône-Alpes")
    form = Form(page(live, PROPOSE, region))
    typed = promise() | {"parties__0__unit": "Lyon", "parties__0__part": "co_owner"}
    said = pressed(live, PROPOSE, region, "record", form, **typed)
    stream = receipt_of(said)["stream"]
    address = f"/give/commitments/{stream}"
    steps = {"milestone__title__0__text": "A step", "milestone__due_on": "2030-03-01",
             "milestone__responsible": "Auvergne-Rhône-Alpes"}  # fmt: skip
    _recorded(live, f"{address}/add-milestone", region, **steps)
    said = pressed(live, f"{address}/adopt", signatory, "record", Form(page(live, f"{address}/adopt", signatory)))
    assert (said.status, "before these units accept" in told(said)) == (409, True)
    live.run(live.services.views.reached("turns", head(live) - 1, 30))
    assert f"{address}/accept" in Page(page(live, "/give", live.signatory)).links
    last = _recorded(live, f"{address}/accept", live.signatory)
    assert last["events"][0].startswith("participation-accepted")
    last = _recorded(live, f"{address}/adopt", signatory)
    row = get(live, f"/v1/commitments/{stream}", wait_for=last["position"]).json["item"]
    assert row["state"] == "adopted_not_verifiable", "nobody set a target"
    assert {one["name"]: one["answer"] for one in row["parties"]} == dict.fromkeys(
        ("Lyon", "Auvergne-Rhône-Alpes"), "accepted"
    )
    live.run(live.services.views.reached("turns", last["position"], 30))
    assert f"{address}/accept" not in Page(page(live, "/give", live.signatory)).links


def _recorded(live: Live, address: str, token: str, **typed: str) -> Any:
    said = pressed(live, address, token, "record", Form(page(live, address, token)), **typed)
    assert said.status == 201, told(said)
    return receipt_of(said)


def officers_of(live: Live, name: str) -> tuple[str, str]:
    """Tokens of a unit's liaison officer and of its signatory."""
    found = [row["key"] for row in get(live, "/v1/units", q=name).items if row["title"] == name]
    unit = UnitId(UUID(found[0]))
    _, state = live.run(live.services.office.states.state("units", StreamId(unit)))
    roles = {one.role: EventName.at(unit, one.version) for one in state.accreditations}
    issued = [
        live.run(live.services.tokens.issue(Actor(unit=unit, role=role, accreditation=roles[role]), timedelta(days=1)))
        for role in (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
    ]
    return issued[0][0], issued[1][0]


TARGET: dict[str, Any] = {"target": {"aim": "end", "measure": {"en": "Trees planted"}}}
