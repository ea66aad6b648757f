"""Webhooks: which records each is sent, by which secret it is signed, and what cannot be one."""

from typing import Any

import pytest

from domain.kernel import Role
from services.codec import Codec
from services.outgoing import wanted as wanted_module
from services.outgoing.wanted import Unusable, Wanted
from services.store.ports import StoredRecord
from services.webhooks.signing import signed
from tests.api.delivering import Kept, delivering, kept, reached, tried
from tests.api.receiving import Receiver, listening, verified
from tests.services.acting import unit_of
from tests.services.test_handle import person
from tests.waiting import until

__all__ = ["kept"]


async def test_each_webhook_has_what_it_was_made_for(kept: Kept) -> None:
    services, receiver = kept.services, Receiver()
    other = await unit_of(services, "Ghent")
    async with listening(receiver), delivering(kept):

        async def sent(wanted: Wanted) -> list[str]:
            receiver.heard.clear()
            id, _ = await services.webhooks.add(receiver.url, wanted, after=-1)
            head = await kept.head()
            await until(lambda: reached(kept, id, head))
            await services.webhooks.remove(id)
            return [one.said["type"] for one in receiver.heard]

        everything = [one.type for one in await services.store.records()]
        assert await sent(Wanted()) == everything
        assert await sent(Wanted(types=("unit-registered", "ledger-opened.1"))) == [
            one for one in everything if one.partition(".")[0] in ("unit-registered", "ledger-opened")
        ]
        promised = await sent(Wanted(contexts=("commitments",)))
        assert promised == await sent(Wanted(streams=(kept.commitment,)))
        assert promised == [one.type for one in (await services.store.streams([kept.commitment]))[kept.commitment]]
        (one,) = await sent(Wanted(units=(other,)))
        assert one.startswith("unit-registered")
        assert await sent(Wanted(contexts=("commitments",), units=(other,))) == []


async def test_of_a_long_ledger_a_part_is_looked_through_at_a_time(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wanted_module, "AT_ONCE", 3)
    asked, records = list[int](), kept.services.store.records

    async def noted(after: int = -1, limit: int = 500, **more: Any) -> list[StoredRecord]:
        asked.append(more["until"] - after if "until" in more else 0)
        return await records(after, limit, **more)

    receiver, at = Receiver(), await kept.said()
    async with listening(receiver):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted(types=("evidence-attached",)), after=-1)
        monkeypatch.setattr(kept.services.store, "records", noted)
        async with delivering(kept):
            await until(lambda: reached(kept, id, at))
    assert receiver.positions == [at]
    assert max(asked) == 3


async def test_nothing_that_is_sealed_leaves_the_house(kept: Kept) -> None:
    receiver = Receiver()
    async with listening(receiver), delivering(kept):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted(), after=-1)
        await person(kept.services, kept.acting.unit, Role.LIAISON_OFFICER, by=kept.acting)
        head = await kept.head()
        await until(lambda: reached(kept, id, head))
    assert receiver.positions == list(range(head + 1))
    assert not any(b"Ada Example" in one.body for one in receiver.heard)


async def test_while_a_secret_is_exchanged_both_sign_and_a_day_later_the_new_one_alone(kept: Kept) -> None:
    receiver, hooks = Receiver(), kept.services.webhooks
    async with listening(receiver), delivering(kept):
        id, first = await hooks.add(receiver.url, Wanted())
        second = await hooks.rotate(id)
        third = await hooks.rotate(id)
        assert second is not None
        assert third is not None
        at = await kept.said()
        await until(lambda: reached(kept, id, at))
        await kept.tell("update workers.webhooks set rotated_at = now() - interval '25 hours'")
        at = await kept.said()
        await until(lambda: reached(kept, id, at))
    fits = [[verified(secret, one.headers, one.body) for secret in (first, second, third)] for one in receiver.heard]
    assert fits == [[False, True, True], [False, False, True]]


async def test_a_secret_that_is_gone_stops_its_webhook_and_another_one_starts_it(kept: Kept) -> None:
    receiver, services = Receiver(), kept.services
    async with listening(receiver), delivering(kept):
        id, _ = await services.webhooks.add(receiver.url, Wanted())
        (key,) = (await kept.webhook(id)).keys
        services.office.keyring.delete(key)
        at = await kept.said()
        await until(lambda: tried(kept, id, 1))
        assert "`subsidia webhook rotate` makes another" in (await kept.webhook(id)).said
        assert receiver.heard == []
        secret = await services.webhooks.rotate(id)
        assert secret is not None
        await until(lambda: reached(kept, id, at))
    assert verified(secret, receiver.heard[0].headers, receiver.heard[0].body)


async def test_what_only_a_newer_program_knows_is_waited_for_and_said(kept: Kept) -> None:
    receiver = Receiver()
    async with listening(receiver), delivering(kept):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        await kept.tell("update workers.webhooks set types = '{bridge-built.1}'")
        at = await kept.said()
        await until(lambda: tried(kept, id, 2))
        assert (await kept.webhook(id)).said.startswith("There is no type of record bridge-built.1.")
        await kept.tell("update workers.webhooks set types = '{}'")
        await until(lambda: reached(kept, id, at))
    assert receiver.positions == [at]


async def test_a_record_that_only_a_newer_program_knows_is_passed_over_by_nobody_who_might_want_it(kept: Kept) -> None:
    """Two versions serve one database for a while, and the older one delivers."""
    receiver, knowing = Receiver(), kept.services.codec
    older = Codec(knowing.ledger, {name: kind for name, kind in knowing.names.items() if name != "evidence-attached.1"})
    async with listening(receiver):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted(contexts=("commitments",)))
        every, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        before = await kept.head()
        at = await kept.said()
        async with delivering(kept, codec=older):
            await until(lambda: tried(kept, id, 2))
            await until(lambda: reached(kept, every, at))
        assert receiver.positions == [at], "who wants everything has it, whatever it is"
        assert (await kept.webhook(id)).position == before
        assert (await kept.webhook(id)).said.startswith(f"Record {at}: This program does not know records of the type")
        await kept.services.webhooks.resume(id)
        async with delivering(kept):
            await until(lambda: reached(kept, id, at))
    assert receiver.positions == [at, at]


async def test_what_is_removed_leaves_no_secret_behind(kept: Kept) -> None:
    services = kept.services
    before = services.office.keyring.subjects()
    id, _ = await services.webhooks.add("http://127.0.0.1:9/", Wanted())
    await services.webhooks.rotate(id)
    assert len(services.office.keyring.subjects()) == len(before) + 2
    assert await services.webhooks.remove(id)
    assert services.office.keyring.subjects() == before
    assert not await services.webhooks.remove(id)
    assert not await services.webhooks.resume(id)
    assert await services.webhooks.rotate(id) is None


@pytest.mark.parametrize(
    "url",
    ["", "portal.example", "ftp://portal.example/", "http://", "http:///hook", "http://a b/", "http://user:pw@h/",
     "http://h/#x", "http://h:99999/", "http://h:0/", "http://[::1/", "http://h/\x00", "http://h/\nHost: x",
     "file:///etc/passwd", "http://h/é"],
)  # fmt: skip
async def test_what_is_no_address_of_the_web_is_refused(kept: Kept, url: str) -> None:
    with pytest.raises(Unusable, match="is no address to send to"):
        await kept.services.webhooks.add(url, Wanted())
    assert await kept.services.webhooks.all() == ([], await kept.head())


@pytest.mark.parametrize(
    ("wanted", "after", "said"),
    [
        (Wanted(types=("commitment",)), None, "There is no type of record commitment."),
        (Wanted(contexts=("commitment",)), None, "There is no context commitment. There are: .*commitments"),
        (Wanted(types=("unit-registered",), contexts=("mandates",)), None, "No record of mandates is of type unit-"),
        (Wanted(), 10_000, "The ledger has not reached position 10000 yet."),
    ],
)
async def test_what_no_record_can_be_is_refused(kept: Kept, wanted: Wanted, after: int | None, said: str) -> None:
    with pytest.raises(Unusable, match=said):
        await kept.services.webhooks.add("http://127.0.0.1:9/", wanted, after)


def test_a_receiver_s_lines_take_no_old_message_and_no_other_secret() -> None:
    secret, now = "whsec_" + "A" * 44, 0
    headers = dict(signed([b"\0" * 33], "1-a", now, b"{}"))
    assert not verified(secret, headers, b"{}"), "half a century ago"
