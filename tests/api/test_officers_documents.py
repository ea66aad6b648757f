"""Documents in forms: a file is hashed where it is sent, and not kept."""

import hashlib

import pytest

from api.officers import sent
from tests.api.client import Said, head, send
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, page, promise, receipt_of, told

BORDER = "--------border"
TEXT = b"The council voted.\r\nAll in favour.\n"


def sending(live: Live, fields: dict[str, str], *files: tuple[str, str, str, bytes], token: str = "") -> Said:
    """As a browser sends a form with files: (name, file name, type, bytes)."""
    parts = [f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'.encode()
             for name, text in fields.items()]  # fmt: skip
    for name, file, mime, content in files:
        begun = f'--{BORDER}\r\nContent-Disposition: form-data; name="{name}"; filename="{file}"\r\n'
        parts.append(f"{begun}Content-Type: {mime}\r\n\r\n".encode() + content + b"\r\n")
    body = b"".join(parts) + f"--{BORDER}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BORDER}", "Origin": live.url}
    return send(live, "POST", PROPOSE, body, headers | {"Cookie": f"subsidia-officer={token or live.officer}"})


def asked(live: Live, does: str = "try") -> dict[str, str]:
    typed = {name.replace("__", "."): text for name, text in promise().items()}
    return Form(page(live, PROPOSE, live.officer)).fields | typed | {"_do": does}


def test_a_file_is_told_by_its_hash_and_recorded_so(live: Live) -> None:
    said = sending(live, asked(live), ("documents.0._file", "Minutes of May.txt", "text/plain; charset=utf-8", TEXT))
    assert said.status == 200, told(said)
    form = Form(said)
    found = {name: form.fields[f"documents.0.{name}"] for name in ("sha256", "len", "mime", "name")}
    digest = hashlib.sha256(TEXT).hexdigest()
    assert found == {"sha256": digest, "len": str(len(TEXT)), "mime": "text/plain", "name": "Minutes of May.txt"}
    assert TEXT not in said.body
    said = sending(live, form.fields | {"_do": "record"}, ("documents.0._file", "", "application/octet-stream", b""))
    assert (said.status, len(receipt_of(said)["events"])) == (201, 1), "no other file was chosen: the hash stays"


def test_what_was_typed_as_its_name_stays(live: Live) -> None:
    fields = asked(live) | {"documents.0.name": "Minutes"}
    said = sending(live, fields, ("documents.0._file", "scan-0042.PDF", "APPLICATION/PDF", TEXT))
    assert (Form(said).fields["documents.0.name"], Form(said).fields["documents.0.mime"]) == (
        "Minutes",
        "application/pdf",
    )


def test_a_file_of_no_type_and_the_document_of_a_plan(live: Live) -> None:
    said = sending(live, asked(live), ("documents.0._file", "x", "nonsense", TEXT), ("document._file", "y", "", TEXT))
    form = Form(said)
    assert form.fields["documents.0.mime"] == "application/octet-stream"
    assert form.fields["document.sha256"] == hashlib.sha256(TEXT).hexdigest()


def test_of_a_file_that_is_too_large_nothing_is_recorded_and_nothing_lost(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "HASHED", 1 << 20)
    before, fields = head(live), asked(live, "record")
    said = sending(live, fields, ("documents.0._file", "film.mp4", "video/mp4", b"x" * ((1 << 20) + 1)))
    assert (said.status, head(live)) == (422, before)
    form = Form(said)
    assert form.fields["documents.0.sha256"] == "The file has more than 1 MiB."
    assert form.fields["title.0.text"] == fields["title.0.text"]
    monkeypatch.setattr(sent, "READ", 1 << 21)
    said = sending(live, fields, ("documents.0._file", "film.mp4", "video/mp4", b"x" * (1 << 22)))
    assert (said.status, head(live)) == (413, before)


def test_who_is_not_signed_in_sends_no_files(live: Live) -> None:
    said = sending(live, asked(live), ("documents.0._file", "x", "a/b", b"x" * (2 << 20)), token="sub_nobody")
    assert said.status == 413


@pytest.mark.parametrize("body", [
    b"", b"--other\r\n\r\n", f"--{BORDER}\r\n\r\nno name\r\n--{BORDER}--\r\n".encode(),
    f'--{BORDER}\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--{BORDER}--'.encode("latin-1"),
    f'--{BORDER}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n--b--\r\n--{BORDER}--\r\n'.encode(),
    f'--{BORDER}\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut'.encode(),
    f'--{BORDER}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'.encode() * 5002 + f"--{BORDER}--".encode(),
])  # fmt: skip
def test_bodies_that_no_form_sends(live: Live, body: bytes) -> None:
    before = head(live)
    headers = {"Content-Type": f"multipart/form-data; boundary={BORDER}", "Origin": live.url}
    said = send(live, "POST", PROPOSE, body, headers | {"Cookie": f"subsidia-officer={live.officer}"})
    assert said.status in (200, 400), said.body
    assert said.headers["content-type"] == "text/html; charset=utf-8"
    assert head(live) == before


def test_parts_are_counted_though_nothing_is_in_them(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty files are no fields and no bytes: a form of them would never end."""
    monkeypatch.setattr(sent, "FIELDS", 50)
    part = f'--{BORDER}\r\nContent-Disposition: form-data; name="a._file"; filename="a"\r\n\r\n\r\n'.encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={BORDER}", "Origin": live.url}
    body = part * (sent.FIELDS + 1) + f"--{BORDER}--".encode()
    for token in ("sub_nobody", live.officer):
        said = send(live, "POST", PROPOSE, body, headers | {"Cookie": f"subsidia-officer={token}"})
        assert said.status == 400
