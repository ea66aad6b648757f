"""A government's sheet on the officers' pages: seen first, then recorded as it was seen, once, and nothing else."""

import asyncio
import html
import re
import threading
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import openpyxl
import pytest

from api.formats import MEDIA
from api.sheets import bringing
from tests.api.client import Said, get, head, locked, send
from tests.api.conftest import Live
from tests.api.test_officers import Form, page
from tests.api.test_officers_documents import BORDER
from tests.api.test_officers_keyboard import Keys
from tests.browser import tab
from tests.services.faulty import Faulty

AT = "/give/sheets/commitments"
COLUMNS = "id,owner,title.en,description.en,ends_on,milestones.1.title.en,milestones.1.due_on,milestones.1.responsible"


def told(said: Said) -> str:
    """What stands on a page, with the names of columns."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", said.body.decode())).split())


def row(live: Live, key: str, ends_on: str = "2031", title: str = "Awnings", due_on: str = "2029-06-30") -> str:
    return f"{key},{live.story.city},{title} {key},Trees.,{ends_on},Half,{due_on},{live.story.city}"


def rows(*lines: str) -> bytes:
    return "\n".join((COLUMNS, *lines)).encode()


def brought(
    live: Live, content: bytes = b"", name: str = "ours.csv", *, does: str = "try", token: str = "", at: str = AT,
    origin: str = "", **fields: str,
) -> Said:  # fmt: skip
    """As a browser sends the page's form."""
    typed = {"which": "", "because": "", "lang": "en", **fields, "_do": does}
    parts = [f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
             for name, text in typed.items()]  # fmt: skip
    begun = (
        f'--{BORDER}\r\nContent-Disposition: form-data; name="sheet._file"; filename="{name if content else ""}"\r\n'
    )
    parts.append(f"{begun}Content-Type: text/csv\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(parts) + f"--{BORDER}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BORDER}", "Origin": origin or live.url}
    headers |= {"Cookie": f"subsidia-officer={token or live.officer}", "Accept-Language": "en"}
    return send(live, "POST", at, body, headers)


def pressed(live: Live, shown: Said, does: str, **changed: str) -> Said:
    """The page's button, with what the page carries; no file is chosen anew."""
    fields: Any = Form(shown).fields | changed
    return brought(live, does=does, **fields)


def test_what_was_seen_is_recorded_on_the_second_press_and_once(live: Live) -> None:
    one, two = str(uuid4())[:8], str(uuid4())[:8]
    before = head(live)
    seen = brought(live, rows(row(live, one), row(live, two)))
    assert (seen.status, head(live)) == (200, before), told(seen)
    assert "Record these 2 rows" in told(seen)
    done = pressed(live, seen, "record")
    assert "Recorded: ours.csv Proposed 2" in told(done)
    after = head(live)
    assert after > before
    again = pressed(live, seen, "record")
    assert "nothing would be recorded" in told(again)
    assert head(live) == after


def test_a_bad_cell_is_named_and_the_others_are_recorded_only_if_that_is_pressed(live: Live) -> None:
    one, two, three = (str(uuid4())[:8] for _ in range(3))
    lines = [row(live, one), row(live, two, ends_on="soon"), row(live, three, due_on="2035-01-01")]
    before = head(live)
    seen = brought(live, rows(*lines))
    assert f"3 {two} ends_on soon" in told(seen)
    assert f"4 {three} milestones.1.due_on 2035-01-01 A milestone comes at the latest at the end" in told(seen)
    assert "Record the 1 good row" in told(seen)
    refused = pressed(live, seen, "record")
    assert (head(live), "Recorded:" in told(refused)) == (before, False)
    done = pressed(live, seen, "valid")
    assert "Proposed 1 Refused 2" in told(done)
    french = send(live, "GET", f"{AT}?lang=fr", headers={"Cookie": f"subsidia-officer={live.officer}"})
    assert french.headers["content-language"] == "fr"


def test_another_file_than_the_one_that_was_seen_is_seen_first(live: Live) -> None:
    seen = brought(live, rows(row(live, str(uuid4())[:8])))
    before = head(live)
    carried: Any = Form(seen).fields
    other = brought(live, rows(row(live, str(uuid4())[:8])), "other.csv", does="record", **carried)
    assert "Look at it once more" in told(other)
    assert "What it would do: other.csv" in told(other)
    unseen = brought(live, rows(row(live, str(uuid4())[:8])), does="record")
    assert "Look at it once more" in told(unseen)
    spoilt = pressed(live, seen, "record", **{"sheet.packed": "eJwDAAAAAAE="})
    assert (spoilt.status, head(live)) == (422, before)


def test_what_others_recorded_meanwhile_is_seen_before_anything_counts(live: Live) -> None:
    key = str(uuid4())[:8]
    pressed(live, brought(live, rows(row(live, key))), "record")
    mine, theirs = (rows(row(live, key, title=title)) for title in ("Cool awnings", "Deep awnings"))
    unsaid = brought(live, mine)
    assert "2 " + key + " title.en Cool awnings" in told(unsaid)
    seen = brought(live, mine, because="The council voted it.")
    pressed(live, brought(live, theirs, because="So did the region."), "record")
    before = head(live)
    again = pressed(live, seen, "record")
    assert ("Look at it once more" in told(again), head(live)) == (True, before)
    assert "Recorded" in told(pressed(live, again, "record"))
    assert head(live) == before + 2


def test_two_presses_at_once_record_once(live: Live) -> None:
    keys = [str(uuid4())[:8] for _ in range(5)]
    seen, before = brought(live, rows(*(row(live, key) for key in keys))), head(live)
    said: list[Said] = []
    with locked(live) as waits:
        both = [threading.Thread(target=lambda: said.append(pressed(live, seen, "record"))) for _ in range(2)]
        for one in both:
            one.start()
        waits(1)
    for one in both:
        one.join(60)
    assert sorted("Proposed 5" in told(one) for one in said) == [False, True]
    per_row = (head(live) - before) / 5
    single = head(live)
    pressed(live, brought(live, rows(row(live, str(uuid4())[:8]))), "record")
    assert head(live) - single == per_row


def test_a_workbook_is_read_too(live: Live) -> None:
    book = openpyxl.Workbook()
    notes, plan = book.active, book.create_sheet("Plan")
    assert notes is not None
    notes.append(["Ask Ada"])
    for line in (COLUMNS, row(live, str(uuid4())[:8])):
        plan.append(line.split(","))
    out = BytesIO()
    book.save(out)
    assert "columns that the register does not know: Ask Ada" in told(brought(live, out.getvalue(), "ours.xlsx"))
    seen = brought(live, out.getvalue(), "ours.xlsx", which="Plan")
    assert "Record this 1 row" in told(seen)
    assert "Proposed 1" in told(pressed(live, seen, "record"))


def test_whose_page_it_is(live: Live) -> None:
    content, before = rows(row(live, str(uuid4())[:8])), head(live)
    assert brought(live, content, origin="https://elsewhere.example").status == 403
    assert brought(live, content, token="sub_nobody").status == 401
    assert get(live, AT).headers["location"] == "/sign-in?then=%2Fgive%2Fsheets%2Fcommitments"
    assert page(live, "/give/sheets/units", live.officer).status == 403
    assert brought(live, content, at="/give/sheets/units").status == 403
    foreign = brought(live, rows(row(live, "x").replace(str(live.story.city), "iso3166-2:FR-ARA", 1)))
    assert "owner" in told(foreign)
    assert "another unit than yours" in told(foreign)
    sourced = brought(live, content, token=live.registrar)
    assert "A registrar records what a published source says" in told(sourced)
    assert head(live) == before


def test_bounds(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Choose a file first." in told(brought(live))
    monkeypatch.setattr(bringing, "ROWS", 1)
    many = brought(live, rows(row(live, "a"), row(live, "b")))
    assert (many.status, "at most 1 are taken here" in told(many)) == (422, True)
    monkeypatch.setattr(bringing, "BYTES", 100)
    assert brought(live, rows(row(live, "a"))).status == 413


def test_a_template_and_what_is_there(live: Live) -> None:
    cookie = {"Cookie": f"subsidia-officer={live.officer}"}
    template = get(live, f"{AT}/template.csv", cookie)
    assert template.body.startswith(b"\xef\xbb\xbfid,owner,title.en,")
    assert get(live, f"{AT}/register.csv").status == 303
    held = get(live, f"{AT}/register.csv", cookie)
    assert held.headers["content-disposition"] == 'attachment; filename="commitments-register.csv"'
    assert get(live, f"{AT}/register.xlsx").status == 303
    book = get(live, f"{AT}/register.xlsx", cookie)
    assert book.headers["content-disposition"] == 'attachment; filename="commitments-register.xlsx"'
    assert book.headers["content-type"] == MEDIA["xlsx"]
    assert get(live, f"{AT}/template.xlsx", cookie).body.startswith(b"PK")
    assert "Record " not in told(brought(live, book.body, "ours.xlsx"))
    again = told(brought(live, held.body))
    assert "Record " not in again
    assert "Commitments: bring a sheet" in told(page(live, "/give", live.officer))


async def test_a_sheet_is_brought_without_mouse_or_script(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_bytes(rows(row(live, str(uuid4())[:8]), row(live, str(uuid4())[:8], ends_on="soon")))
    async with tab(tmp_path / "browser") as shown:
        keys = Keys(shown)
        await shown.visited(f"{live.url}{AT}")
        await keys.comes("Your token")
        await keys.filled("token", live.officer)
        await keys.entered("bring a sheet")
        await keys.to("sheet._file")
        await shown.given("#file", file)
        await keys.filled("because", "For the trees.")
        await keys.to("_do", "try")
        await keys.entered("Nothing has been recorded")
        await keys.to("_do", "valid")
        before = await asyncio.to_thread(head, live)
        await keys.entered("Recorded: ours.csv")
        assert await asyncio.to_thread(head, live) > before


@pytest.mark.parametrize("after", [False, True])
def test_what_a_database_that_went_left_undone_is_finished_from_the_same_page(
    live: Live, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """Failed and did not persist; failed but did persist."""
    before = head(live)
    pressed(live, brought(live, rows(row(live, str(uuid4())[:8]))), "record")
    per_row, before = head(live) - before, head(live)
    seen = brought(live, rows(*(row(live, str(uuid4())[:8]) for _ in range(3))))
    with monkeypatch.context() as broken:
        broken.setattr(live.services.office, "store", Faulty(live.services.store, after))
        failed = pressed(live, seen, "record")
    assert (failed.status, "What was recorded until then stays" in told(failed)) == (503, True)
    rest = pressed(live, failed, "try")
    assert "Nothing has been recorded" in told(rest)
    assert "Recorded: ours.csv" in told(pressed(live, rest, "record"))
    assert head(live) - before == 3 * per_row
