"""Officers who act on a thing that is there: what they saw, what others did meanwhile, and the answer of the other side."""

from typing import Any

from tests.api.client import give, head, proposed
from tests.api.conftest import Live
from tests.api.test_officers import Form, page, pressed, receipt_of, told


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


TARGET: dict[str, Any] = {"target": {"aim": "end", "measure": {"en": "Trees planted"}}}
