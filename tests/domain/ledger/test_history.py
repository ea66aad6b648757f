"""What must hold of records in their order, on records that are nothing but an envelope."""

from typing import Any

import pytest

from domain.ledger.findings import Finding, Verdict, verdict_of
from domain.ledger.history import History, Supposed

ORIGIN = "example.org/ledger"
OAK, ELM = (f"00000000-0000-0000-0000-00000000000{number}" for number in (1, 2))


def record(number: int = 1, **members: Any) -> dict[str, Any]:
    """The only record of its own command, and the first of its stream."""
    return {
        "v": 1, "ledger": ORIGIN, "id": OAK, "ver": 1, "type": "tree-planted.1", "at": "2026-11-25T10:00:00.000000Z",
        "cmd": f"10000000-0000-0000-0000-{number:012}", "of": [1, 1], "actor": {"system": "clock"},
        "effective_on": "2026", "rules": "trees.1", "data": {}, "command": {"name": "trees.plant", "fields": {}},
    } | members  # fmt: skip


def told(*records: dict[str, Any]) -> list[tuple[str, int | None]]:
    history = History(ORIGIN)
    found = [one for position, leaf in enumerate(records) for one in history.take(position, leaf)]
    return [(one.code, one.position) for one in [*found, *history.end(len(records))]]


first = record(1)
second = record(2, ver=2)
pair = [record(3, of=[1, 2]), record(3, of=[2, 2], ver=2)]


def test_a_history_in_order_has_no_findings() -> None:
    assert told(first, second, record(4, id=ELM, cause=f"{OAK}/2", reads=[[OAK, 2]])) == []
    assert told(*pair) == []


def test_versions_are_dense() -> None:
    assert told(first, record(2, ver=3)) == [("version-gap", 1)]
    assert told(first, record(2)) == [("version-gap", 1)]


def test_times_never_go_back() -> None:
    assert told(first, record(2, ver=2, at="2026-11-25T09:59:59.999999Z")) == [("time-backwards", 1)]


def test_a_command_is_recorded_once_and_completely() -> None:
    assert told(first, record(1, ver=2)) == [("command-repeated", 1)]
    assert told(pair[0], second) == [("command-broken", 1)]
    assert told(pair[0]) == [("command-broken", 1)]
    assert told(pair[1] | {"ver": 1}) == [("command-broken", 0)]
    assert told(pair[0], pair[1] | {"of": [2, 3]}) == [("command-broken", 1), ("command-broken", 2)]
    assert told(pair[0], pair[1] | {"because": "something else"}) == [("command-broken", 1)]


def test_the_first_record_of_a_command_says_the_command() -> None:
    silent = {name: value for name, value in first.items() if name != "command"}
    assert told(silent) == [("command-missing", 0)]


@pytest.mark.parametrize("member", ["cause", "corrects", "accreditation"])
def test_what_a_record_refers_to_lies_before_it(member: str) -> None:
    def naming(name: Any) -> dict[str, Any]:
        said = {"actor": {"accreditation": name}} if member == "accreditation" else {member: name}
        return record(2, ver=2, **said)

    assert told(first, naming(f"{OAK}/1")) == []
    assert told(first, naming(f"{OAK}/2")) == [("reference-forward", 1)]
    assert told(first, naming(f"{ELM}/1")) == [("reference-forward", 1)]
    assert told(first, naming("elm")) == [("record-malformed", 1)]


def test_what_was_read_was_the_newest() -> None:
    assert told(first, record(2, id=ELM, reads=[[OAK, 0]])) == [("read-stale", 1)]
    assert told(first, record(2, id=ELM, reads=[[OAK, 2]])) == [("read-stale", 1)]
    both = [record(2, id=ELM, of=[number, 2], ver=number, reads=[[OAK, 0]]) for number in (1, 2)]
    assert told(first, *both) == [("read-stale", 1)], "what a command read is said of its first record"


def test_every_record_is_of_this_ledger() -> None:
    assert told(record(ledger="example.org/other")) == [("record-foreign", 0)]


def test_between_two_commands_nothing_is_open() -> None:
    so_far = History(ORIGIN)
    between = [so_far.between_commands]
    for position, leaf in enumerate(pair):
        so_far.take(position, leaf)
        between.append(so_far.between_commands)
    assert between == [True, False, True]


# --- a run from the middle, joined with what came before ---

third = record(5, ver=3, at="2026-11-25T11:00:00.000000Z", reads=[[ELM, 0]], cause=f"{OAK}/2")


def run(*records: dict[str, Any]) -> History:
    """Records in which nothing is wrong, whatever came before."""
    found = History(ORIGIN, supposed=Supposed())
    assert [one for position, leaf in enumerate(records) for one in found.take(position, leaf)] == []
    return found


def history(*records: dict[str, Any]) -> History:
    found = History(ORIGIN)
    assert [one for position, leaf in enumerate(records) for one in found.take(position, leaf)] == []
    return found


def test_a_run_that_fits_is_taken_as_if_its_records_had_been() -> None:
    one_by_one, joined = history(first, second, third), history(first, second)
    assert joined.join(run(third))
    assert {**joined.versions, ELM: 0} == {**one_by_one.versions, ELM: 0}
    assert [one.code for one in joined.take(3, third | {"ver": 4})] == ["command-repeated"]
    assert [one.code for one in joined.take(4, record(6, ver=5))] == ["time-backwards"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([first], [third]),  # a version is missing
        ([first, second, record(4, ver=3)], [third]),  # it is there already
        ([first, second | {"at": "2026-11-25T12:00:00.000000Z"}], [third]),  # later than what comes
        ([first, second, record(5, id=ELM)], [third]),  # the command was given before, and another version read
        ([first, second], [record(6, id=ELM, cause=f"{OAK}/3")]),  # the cause is not there yet
        ([first, second], [record(6, id=ELM, reads=[[OAK, 1]])]),  # not the newest
        ([first, second], [record(6, id=ELM, reads=[[OAK, -1]])]),
        ([first, pair[0] | {"ver": 2}], [record(6, id=ELM)]),  # amid a command
        ([first], [pair[0] | {"ver": 2}]),
    ],
)
def test_a_run_that_does_not_fit_is_not_taken(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    found = history(*before)
    versions = dict(found.versions)
    assert not found.join(run(*after))
    assert found.versions == versions


def test_what_a_run_shows_of_itself_is_wrong_wherever_it_lies() -> None:
    found = History(ORIGIN, supposed=Supposed())
    assert list(found.take(7, record(1, ver=7))) == []
    assert [one.code for one in found.take(8, record(2, ver=9))] == ["version-gap"]
    assert [one.code for one in found.take(9, record(3, id=ELM, cause=f"{OAK}/10"))] == ["reference-forward"]
    assert [one.code for one in found.take(10, record(3, id=ELM, ver=2))] == ["command-repeated"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("v", 0), ("v", "2"), ("v", True), ("ledger", ""), ("id", "oak"), ("ver", 0), ("ver", True), ("type", 7),
        ("at", "today"),
        ("cmd", ""), ("of", [2, 1]), ("of", [0, 1]), ("of", [1]), ("actor", {}), ("actor", "clock"),
        ("effective_on", "soon"), ("rules", ""), ("data", []), ("reads", [["oak", 1]]), ("reads", [[OAK]]),
    ],
)  # fmt: skip
def test_a_record_without_its_members_is_malformed(member: str, value: Any) -> None:
    assert told(record(**{member: value})) == [("record-malformed", 0)]


def test_a_record_of_a_later_form_is_not_called_wrong() -> None:
    assert told(record(v=2)) == [("record-newer", 0)]
    assert Finding("record-newer", "").verdict is Verdict.INCOMPLETE


def test_a_verdict_is_the_exit_status_that_auditors_were_told() -> None:
    verdicts = [Verdict.VERIFIED, Verdict.BROKEN, Verdict.ASKED_WRONGLY]
    verdicts += [Verdict.INCOMPLETE, Verdict.POLICY_NOT_MET, Verdict.FORK]
    assert [int(one) for one in verdicts] == [0, 1, 2, 3, 4, 5]


def test_the_gravest_finding_gives_the_verdict() -> None:
    fork, broken, cut = (Finding(code, "") for code in ("fork", "root-differs", "tile-cut"))
    assert verdict_of([]) is Verdict.VERIFIED
    assert verdict_of([cut]) is Verdict.INCOMPLETE
    assert verdict_of([cut, broken]) is Verdict.BROKEN
    assert verdict_of([cut, broken, fork]) is Verdict.FORK


def test_an_accreditation_that_was_there_is_looked_for_again_in_a_stream_that_became_shorter() -> None:
    actor = {"accreditation": f"{OAK}/2"}
    acting = [record(number, id=ELM, ver=number - 2, actor=actor) for number in (3, 4)]
    assert told(first, second, *acting) == []
    shorter = record(9, ver=1)
    assert told(first, second, acting[0], shorter, acting[1]) == [("version-gap", 3), ("reference-forward", 4)]


@pytest.mark.parametrize("place", [1, 2])
def test_each_record_of_a_command_is_held_against_the_one_before(place: int) -> None:
    three = [record(3, of=[number, 3], ver=number) for number in (1, 2, 3)]
    assert told(*three) == []
    three[place]["basis"] = "another law"
    assert told(*three) == [("command-broken", number) for number in ((1, 2) if place == 1 else (2,))]
