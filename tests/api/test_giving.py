"""`subsidia give`: every command has its verb, and what is said by it is what would be sent otherwise."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from api.cli import cli
from api.commands import Verb, says_of, verbs
from domain.contexts import CONTEXTS
from tests.api.client import get, give, head, proposal, proposed, seen, send
from tests.api.conftest import Live
from tests.api.test_territories import registered
from tests.api.test_trying import region
from tests.api.verbs import _logs_as_they_were

__all__ = ["_logs_as_they_were"]

COMMANDS = verbs(CONTEXTS)
of_each = pytest.mark.parametrize("verb", COMMANDS, ids=lambda verb: verb.operation)


def told(live: Live, *words: str, server: str = "", token: str | None = None, stdin: str = "") -> Result:
    """What the verb says to somebody with the officer's token, or that one."""
    environment = {"SUBSIDIA_TOKEN": live.officer if token is None else token}
    return CliRunner().invoke(cli, ["give", *words, "--server", server or live.url], env=environment, input=stdin)


def well(live: Live, *words: str, **more: Any) -> Any:
    """The answer, as it came."""
    result = told(live, *words, "--json", **more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def spoken(live: Live, **changed: Any) -> list[str]:
    """The words for `proposal`."""
    said = proposal(live, **changed)
    words = ["--owner", said["owner"], "--ends-on", said["ends_on"], "--sdg", *said["sdg"]]
    return [*words, "--title", f"en={said['title']['en']}", "--description", "en=Told by a test."]


def data(live: Live, answer: Any) -> Any:
    """What the first record of an answer holds."""
    found = get(live, f"/v1/records/{answer['receipt']['positions'][0]}").json["record"]["data"]
    return {name: value for name, value in found.items() if name not in ("title",)}


# --- every command has its verb ---


def helps(*words: str) -> str:
    result = CliRunner().invoke(cli, ["give", *words, "--help"], terminal_width=400)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


@of_each
def test_every_command_has_its_verb_which_says_its_fields(verb: Verb) -> None:
    assert f" {verb.name} {says_of(verb.by, verb.name)}" in helps(verb.context.name)
    said = helps(verb.context.name, verb.name)
    for part in verb.request.parts:
        assert f"--{part.name.replace('_', '-')} " in said
        assert part.says in said
    assert said.count("Required.") == sum(part.required for part in verb.request.parts)
    assert verb.context.says in helps()


@of_each
def test_every_verb_reaches_its_command(live: Live, verb: Verb) -> None:
    """With nothing said, each is refused by its own schema, or by who may give it, or since there is no such thing."""
    words = [verb.context.name, verb.name, *([] if verb.by.starts else [str(uuid4())])]
    result = told(live, *words, "--json", "--try")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1, answer
    missing = {f"/{part.name}" for part in verb.request.parts if part.required}
    if missing:
        assert {one["pointer"] for one in answer["errors"] if one["code"] == "required"} == missing
    else:
        assert answer["code"] in ("unknown", "forbidden")


# --- what is said is what is sent ---


def test_what_options_say_is_recorded_as_what_a_body_says(live: Live) -> None:
    answer = well(live, "commitments", "propose", *spoken(live))
    assert data(live, answer) == data(live, proposed(live))
    assert answer["events"] == ["commitment-proposed.1"]


def test_a_file_stdin_and_places_in_fields_say_the_same(live: Live, tmp_path: Path) -> None:
    party = {"unit": region(live), "part": "funder"}
    plain = data(live, proposed(live, parties=[party]))
    file = tmp_path / "proposal.json"
    file.write_text(json.dumps(proposal(live, parties=[party])))
    less = json.dumps(proposal(live))
    ways = [
        well(live, "commitments", "propose", str(file)),
        well(live, "commitments", "propose", "-", "--parties", json.dumps(party), stdin=less),
        well(live, "commitments", "propose", "-", "--parties", json.dumps([party]), stdin=less),
        well(live, "commitments", "propose", "-", "--set", f"parties.0.unit={party['unit']}",
             "--set", "parties.0.part=funder", stdin=less),
        well(live, "commitments", "propose", *spoken(live), "--parties", json.dumps(party), "--ends-on", "2031"),
    ]  # fmt: skip
    assert [data(live, one) for one in ways] == [plain] * len(ways)


def test_an_option_counts_more_than_the_file(live: Live) -> None:
    answer = well(live, "commitments", "propose", "-", "--ends-on", "2033-06", stdin=json.dumps(proposal(live)))
    assert data(live, answer)["ends_on"] == "2033-06"


def test_numbers_amounts_and_texts_of_a_place_come_as_what_they_are(live: Live) -> None:
    id = proposed(live)["stream"]
    answer = well(
        live, "commitments", "pledge-resource", id, "--kind", "money", "--what", "en=Half of it",
        "--what", "fr=La moitié",
        "--set", "money.amount=12.50", "--set", "money.currency=EUR", "--set", "money.price_basis=current",
    )  # fmt: skip
    held = data(live, answer)
    assert held["what"] == {"en": "Half of it", "fr": "La moitié"}
    assert held["money"]["amount"] == "12.50"


# --- who is meant ---


def test_units_are_meant_by_code_and_by_name_wherever_they_stand(live: Live) -> None:
    party, city = region(live), str(live.story.city)
    plain = data(live, proposed(live, parties=[{"unit": party, "part": "funder"}]))
    less = {**proposal(live), "owner": "lyon", "parties": [{"unit": "iso3166-2:FR-ARA", "part": "funder"}]}
    assert data(live, well(live, "commitments", "propose", "-", stdin=json.dumps(less))) == plain
    words = ["--owner", "Lyon", "--set", "parties.0.unit=Auvergne-Rhône-Alpes", "--set", "parties.0.part=funder"]
    assert data(live, well(live, "commitments", "propose", "-", *words, stdin=json.dumps(proposal(live)))) == plain
    renamed = told(live, "units", "rename", "insee:69123", "--name", "fr=Lyon", "--try", token=live.registrar)
    assert (renamed.exit_code, city != party) == (0, True), renamed.output


def test_a_thing_is_meant_by_its_title(live: Live) -> None:
    title, mine = f"Planes for {uuid4()}", proposed(live)["stream"]
    asked = proposed(live, title)["stream"]
    seen(live, "commitments", head(live) - 1)
    answer = well(live, "commitments", "depend-on", mine, "--commitment", title)
    assert data(live, answer)["commitment"] == asked


def test_several_who_may_be_meant_are_listed_and_nothing_is_sent(live: Live) -> None:
    twin = {"name": {"fr": "Saint-Denis"}, "sphere": "local", "kind": "municipality", "jurisdiction": "FR",
            "alive_from": "2020-01-01", "time_zone": "Europe/Paris"}  # fmt: skip
    for _ in range(2):
        assert give(live, "units/register", twin, token=live.registrar).status == 201
    before = head(live)
    assert len(get(live, "/v1/units", q="Saint-Denis", wait_for=before - 1).items) == 2
    words = ["--owner", "Saint-Denis", "--set", "parties.0.unit=Nowhere at all"]
    result = told(live, "commitments", "propose", "-", *words, stdin=json.dumps(proposal(live)))
    assert (result.exit_code, head(live)) == (2, before), result.output
    for one in get(live, "/v1/units", q="Saint-Denis").items:
        assert f"  {one['key']}  Saint-Denis (" in result.stderr
    assert "owner: Several units may be meant: choose one." in result.stderr
    assert "parties.0.unit: The register knows no unit that is called Nowhere at all." in result.stderr


def test_where_names_cannot_be_asked_for_nothing_is_sent(live: Live) -> None:
    words = ["commitments", "propose", *spoken(live), "--set", "owner=Lyon"]
    for server in ("http://127.0.0.1:1", f"{live.url}/docs/of"):
        result = told(live, *words, server=server)
        assert (result.exit_code, "Nothing was sent." in result.stderr) == (3, True), result.output


# --- what is answered ---


def test_what_is_recorded_is_said_and_its_receipt_is_kept(live: Live, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    result = told(live, "commitments", "propose", *spoken(live), "--receipt", str(file))
    assert result.exit_code == 0, result.output
    kept = json.loads(file.read_text())
    position = kept["receipt"]["positions"][0]
    assert f"Recorded at position {position}, " in result.stdout
    assert f"Stream {kept['stream']}, version 1:" in result.stdout
    assert f"/v1/records/{position}" in result.stdout
    assert result.stderr.startswith("Idempotency-Key ")
    checked = CliRunner().invoke(cli, ["audit", "receipt", str(file), "--key", live.services.verifier])
    assert checked.exit_code == 0, checked.output
    again = told(live, "commitments", "propose", *spoken(live), "--receipt", str(file))
    assert (again.exit_code, json.loads(file.read_text())) == (2, kept)


def test_what_is_tried_is_said_and_nothing_is_recorded(live: Live) -> None:
    before = head(live)
    result = told(live, "commitments", "propose", *spoken(live), "--try",
                  "--parties", json.dumps({"unit": region(live), "part": "funder"}))  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "Tried: nothing was recorded." in result.stdout
    assert "  commitment-proposed.1" in result.stdout
    assert "  due on 20" in result.stdout
    assert head(live) == before


def test_what_was_so_already_is_said(live: Live) -> None:
    words = ["units", "rename", registered(live, "Villeneuve"), "--name", "fr=Villeneuve-sur-Lot"]
    first, second = (told(live, *words, token=live.registrar) for _ in range(2))
    assert "Recorded at position" in first.stdout, first.output
    assert (second.exit_code, "already so" in second.stdout) == (0, True), second.output


def test_a_key_that_is_repeated_records_once(live: Live) -> None:
    words, key = ["commitments", "propose", *spoken(live), "--key", str(uuid4())], head(live)
    first, second = told(live, *words), told(live, *words)
    assert (first.exit_code, first.stdout, first.stderr) == (0, second.stdout, "")
    assert head(live) == key + 1


def test_every_fault_is_named_by_its_field(live: Live) -> None:
    result = told(live, "commitments", "propose", "--ends-on", "soon", "--set", "parties.0.part=funder")
    assert result.exit_code == 1
    assert "or the word unknown is asked for: 2030, 2030-06, 2030-06-30. (form)" in result.stderr
    assert "  ends_on: " in result.stderr
    assert "  title: It is missing. (required)" in result.stderr
    assert "  parties.0.unit: It is missing. (required)" in result.stderr


def test_a_rule_that_refuses_is_named_with_its_code_and_what_it_rests_on(live: Live) -> None:
    id = proposed(live, parties=[{"unit": region(live), "part": "funder"}])["stream"]
    result = told(live, "commitments", "adopt", id, token=live.signatory)
    problem = give(live, f"commitments/{id}/adopt", token=live.signatory).json
    assert (result.exit_code, f"{problem['detail']} ({problem['code']})" in result.stderr) == (1, True), result.output
    assert f"  rule: {problem['policy']['policy']}, {problem['policy']['parameter']} (" in result.stderr


def test_who_could_is_said_to_who_may_not(live: Live) -> None:
    result = told(live, "commitments", "propose", *spoken(live), "--set", f"owner={region(live)}")
    assert (result.exit_code, "  who could: " in result.stderr) == (1, True), result.output


def test_a_version_that_moved_on_is_refused(live: Live) -> None:
    words = ["commitments", "withdraw", proposed(live)["stream"], "--because", "No money.", "--if-version"]
    assert "(stale)" in told(live, *words, "9", token=live.signatory).stderr
    assert "Recorded at position" in told(live, *words, "1", token=live.signatory).stdout


# --- asked wrongly ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["commitments", "propose", "-"], "The body is no JSON"),
        (["commitments", "propose", "no-such-file.json"], "No such file"),
        (["commitments", "propose", "--set", "title"], "path=value"),
        (["commitments", "propose", "--set", "titel.en=x"], "There is no field 'titel' in it. There are: "),
        (["commitments", "propose", "--set", "parties.1.unit=x"], "the next one is 0"),
        (["commitments", "propose", "--set", "ends_on.year=x"], "There is no field 'year' in it."),
        (["commitments", "propose", "--title", "Shade"], 'Say in which language: --title en="Shade"'),
        (["commitments", "propose", "--parties", "{"], "JSON is asked for"),
        (["commitments", "propose", "--key", "\n"], "--key"),
        (["commitments", "propose", "--token-file", os.devnull], "A token is needed: set SUBSIDIA_TOKEN"),
        (["commitments", "propose", "--token-file", "no-such-file"], "does not exist"),
        (["commitments", "propose", "--server", "register.example"], "is no address"),
        (["commitments", "propose", "--receipt", "no/such/folder"], "no folder that this account may write in"),
        (["commitments", "accept", "--because", "x"], "Missing argument 'ID'"),
        (["commitments", "accept", "not-an-id"], "is not a valid UUID"),
        (["commitments", "record-deadline"], "No such command"),
        (["attestations", "attest"], "No such command"),
    ],
)  # fmt: skip
def test_what_is_asked_wrongly_is_said_and_nothing_is_sent(live: Live, words: list[str], said: str) -> None:
    before = head(live)
    result = CliRunner().invoke(cli, ["give", *words], env={"SUBSIDIA_TOKEN": live.officer}, input="{]")
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True), result.output
    assert head(live) == before


def test_without_a_token_nothing_is_sent(live: Live, tmp_path: Path) -> None:
    assert told(live, "commitments", "propose", *spoken(live), token="").exit_code == 2
    file = tmp_path / "token"
    file.write_text(f"{live.officer}\n")
    assert told(live, "commitments", "propose", *spoken(live), "--token-file", str(file), token="").exit_code == 0


# --- where the line fails ---


def test_where_nobody_listens_it_is_said_at_once(live: Live) -> None:
    result = told(live, "commitments", "propose", *spoken(live), server="http://127.0.0.1:1")
    assert (result.exit_code, "Nothing was sent." in result.stderr) == (3, True), result.output


class Line(BaseHTTPRequestHandler):
    """A line to the register: it loses the first answers, each after the command was heard."""

    live: Live
    lost = 0
    heard = 0

    def do_POST(self) -> None:
        cls = type(self)
        cls.heard += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = send(cls.live, "POST", self.path, body, dict(self.headers))
        if cls.heard > cls.lost:
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)
        self.close_connection = True

    def log_message(self, *said: Any) -> None:
        """The test's own output stays its own."""


@contextmanager
def line(live: Live, lost: int) -> Iterator[tuple[str, type[Line]]]:
    made = type("Line", (Line,), {"live": live, "lost": lost})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", made
        finally:
            server.shutdown()


def test_an_answer_that_is_lost_is_asked_for_again_and_nothing_is_recorded_twice(live: Live) -> None:
    before = head(live)
    with line(live, lost=1) as (address, made):
        answer = well(live, "commitments", "propose", *spoken(live), server=address)
    assert (made.heard, head(live)) == (2, before + 1)
    assert answer["receipt"]["positions"] == [before]


def test_where_no_answer_comes_the_key_is_said_with_which_it_can_be_asked_for(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.handing.PATIENCE", (0.0,))
    before, words = head(live), ["commitments", "propose", *spoken(live)]
    with line(live, lost=2) as (address, made):
        result = told(live, *words, server=address)
    assert (result.exit_code, made.heard, head(live)) == (3, 2, before + 1), result.output
    key = result.stderr.partition("--key ")[2].partition(":")[0]
    assert well(live, *words, "--key", key)["receipt"]["positions"] == [before]


def test_what_is_no_register_is_told_apart(live: Live) -> None:
    result = told(live, "commitments", "propose", *spoken(live), server=f"{live.url}/docs/of")
    assert result.exit_code == 1, result.output
    assert "(no-such-address)" in result.stderr
