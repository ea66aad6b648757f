"""Three towns merge, over HTTP: what they promised is the new town's, and every address still answers."""

from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from domain.kernel import Role, UnitId
from tests.api.client import get, give, proposal, seen
from tests.api.conftest import Live
from tests.services.test_handle import person
from tests.waiting import PATIENCE

TODAY = datetime.now(UTC).date() - timedelta(days=1)
"""A day that has begun everywhere."""


def town(live: Live, name: str) -> str:
    said = give(
        live, "units/register", token=live.registrar,
        said={"name": {"en": name}, "sphere": "local", "kind": "municipality", "jurisdiction": "FR",
              "time_zone": "Europe/Paris", "alive_from": "1900"},
    )  # fmt: skip
    assert said.status == 201, said.body
    return str(said.json["stream"])


def promised(live: Live, unit: str, many: int = 1) -> list[str]:
    """Commitments that a town proposes by its own signatory."""
    signatory = live.run(person(live.services, UnitId(UUID(unit)), Role.AUTHORISED_SIGNATORY))
    token, _ = live.run(live.services.tokens.issue(signatory, timedelta(hours=1)))
    said = [give(live, "commitments/propose", proposal(live, owner=unit), token=token) for _ in range(many)]
    assert {one.status for one in said} == {201}
    return [one.json["stream"] for one in said]


def of_unit(live: Live, unit: str, command: str, said: dict[str, Any] | None = None, **note: Any) -> int:
    note = {"effective_on": TODAY.isoformat(), "because": "The law says so.", "lang": "en"}
    answer = give(live, f"units/{unit}/{command}", {**(said or {}), **note}, token=live.registrar)
    assert answer.status in (200, 201), answer.body
    return int(answer.json["position"])


def owned(live: Live, unit: str, **asked: Any) -> set[str]:
    return {row["key"] for row in get(live, "/v1/commitments", owner=unit, **asked).items}


def until_owned(live: Live, unit: str, keys: set[str]) -> None:
    ends = monotonic() + PATIENCE
    while owned(live, unit) != keys:
        assert monotonic() < ends, "the reaction did not come"
        sleep(0.1)


def test_three_towns_merge_and_nothing_is_orphaned(live: Live) -> None:
    towns = {town(live, name): name for name in ("Ain", "Bourg", "Brou")}
    new = town(live, "Ainbourg")
    promises = {stream: one for one in towns for stream in promised(live, one, 2)}
    before = max(of_unit(live, one, "record-merger", {"merged": list(towns), "into": new}) for one in towns)
    for one in towns:
        of_unit(live, one, "abolish")
    until_owned(live, new, set(promises))
    for stream, former in promises.items():
        page = get(live, f"/v1/commitments/{stream}").json["item"]
        assert (page["owner"], page["owner_name"], page["former_parties"]) == (new, "Ainbourg", [former])
        gone = {"unit": former, "name": towns[former], "until": TODAY.isoformat()}
        assert page["parties"][0]["formerly"] == [gone]
        then = seen(live, f"commitments/{stream}", before, as_of=before).json["item"]
        assert (then["owner"], then["owner_name"]) == (former, towns[former])
    for former in towns:
        unit = get(live, f"/v1/units/{former}").json["item"]
        assert (unit["state"], unit["successors"]) == ("abolished", [new])
        assert owned(live, former) == set()
        assert owned(live, former, as_of=before) == {one for one, owner in promises.items() if owner == former}
        assert {row["key"] for row in get(live, "/v1/commitments", former_parties__has=former).items} == {
            one for one, owner in promises.items() if owner == former
        }
    card = get(live, f"/v1/scorecards/unit:{new}").json["item"]
    assert (card["owned"], card["commitments"]) == (6, 6)
    assert {row["unit"] for row in get(live, "/v1/turns", unit=new).items} == {new}


def test_who_acted_for_a_unit_that_is_no_more_is_told_who_stands_in_its_place(live: Live) -> None:
    gone, heir = town(live, "Gone"), town(live, "Heir of Gone")
    signatory = live.run(person(live.services, UnitId(UUID(gone)), Role.AUTHORISED_SIGNATORY))
    token, _ = live.run(live.services.tokens.issue(signatory, timedelta(hours=1)))
    of_unit(live, gone, "abolish")
    alone = give(live, "commitments/propose", proposal(live, owner=gone), token=token)
    assert alone.status == 403
    assert alone.json["detail"] == f"Gone is no more since {TODAY}: nobody acts for it any longer."
    assert alone.json["who_could"] == ["a registrar can say who takes over from Gone"]
    of_unit(live, gone, "assign-successor", {"successor": heir})
    found = give(live, "commitments/propose", proposal(live, owner=gone), token=token).json
    assert found["who_could"] == ["an authorised signatory of Heir of Gone, which took over from it"]
    of_unit(live, heir, "abolish")
    orphaned = give(live, "commitments/propose", proposal(live, owner=gone), token=token).json
    assert orphaned["who_could"] == ["a registrar can say who takes over from Heir of Gone"]
    of_unit(live, gone, "restore")
    back = give(live, "commitments/propose", proposal(live, owner=gone), token=token).json
    assert back["who_could"] == ["a registrar can accredit somebody: Gone has no authorised signatory today"]


def test_what_nobody_takes_over_is_on_a_list_with_the_day(live: Live) -> None:
    lone = town(live, "Lone")
    (stream,) = promised(live, lone)
    of_unit(live, lone, "abolish")
    ends = monotonic() + PATIENCE
    while not (rows := get(live, "/v1/commitments", orphaned_since__is_null="false", owner=lone).items):
        assert monotonic() < ends, "the reaction did not come"
        sleep(0.1)
    assert [(row["key"], row["orphaned_since"]) for row in rows] == [(stream, TODAY.isoformat())]
    assert [row["turn"] for row in get(live, "/v1/turns", stream=stream, unit__is_null="true").items] == ["succeed"]
    heir = town(live, "Heir")
    of_unit(live, lone, "assign-successor", {"successor": heir})
    until_owned(live, heir, {stream})
    assert get(live, "/v1/commitments", orphaned_since__is_null="false", owner=heir).items == []
