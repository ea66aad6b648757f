"""Webhooks: every record that is wanted arrives, in order and signed, whatever receivers and processes do meanwhile."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import asyncpg
import psutil
import pytest
from aiohttp import web
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from structlog.testing import capture_logs

from api.cli.working import Member, Part
from api.sending import posting
from services.outgoing.wanted import Wanted
from services.tries import WAITS
from services.webhooks.delivering import message_id, payload
from services.webhooks.signing import signed
from tests.api.client import get
from tests.api.conftest import Live
from tests.api.delivering import Kept, acting, delivering, kept, leads, paused, reached, refused, tried
from tests.api.receiving import Message, Receiver, listening, taken, verified
from tests.api.test_working import environment, processes_of
from tests.waiting import PATIENCE, until

__all__ = ["kept"]


def test_a_message_is_signed_as_the_specification_s_own_example() -> None:
    secret = bytes.fromhex("31f290f6bf0629 8aab4f08d43c3f082cf648a362da2da4b0".replace(" ", ""))
    headers = signed([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_is_sent_to_webhooks_is_what_the_document_says(live: Live) -> None:
    document = get(live, "/v1/openapi.json").json
    operation = document["webhooks"]["record"]["post"]
    valid = Draft202012Validator({**document, **operation["requestBody"]["content"]["application/json"]["schema"]})
    records = live.run(live.services.store.records(limit=500))
    for record in records:
        valid.validate(json.loads(payload(live.services.config.origin, record)))
    headers = signed([b"key"], message_id(records[0]), 1, b"{}")
    assert [one["name"] for one in operation["parameters"]] == list(headers)
    assert all(one in get(live, "/docs").body.decode() for one in headers)


async def test_what_happens_while_a_receiver_is_down_arrives_in_order_once_it_is_up(kept: Kept) -> None:
    receiver = Receiver()
    async with listening(receiver):
        pass
    id, secret = await kept.services.webhooks.add(receiver.url, Wanted(streams=(kept.commitment,)))
    async with delivering(kept):
        first, second = await kept.said(), await kept.said()
        await until(lambda: tried(kept, id, 3))
        assert (await kept.webhook(id)).said.startswith("No answer: ")
        async with listening(receiver):
            await until(lambda: reached(kept, id, second))
    assert receiver.positions == [first, second]
    for one in receiver.heard:
        assert verified(secret, one.headers, one.body)
        assert not verified(secret, one.headers, one.body + b" ")
        (stored,) = await kept.services.store.records(one.position - 1, 1)
        assert b'"record":' + stored.state + b"," in one.body, "the record's own bytes"
        assert one.said["data"]["address"] == f"/v1/records/{one.position}"
        assert (one.said["type"], one.said["origin"]) == (stored.type, kept.services.config.origin)
        assert one.said["timestamp"] == one.said["data"]["record"]["at"]


async def test_what_is_not_taken_is_sent_again_under_the_same_id_before_anything_else(kept: Kept) -> None:
    async def grudging(message: Message) -> web.StreamResponse:
        return web.Response(status=204 if receiver.positions.count(message.position) == 3 else 500, text="not now")

    receiver = Receiver(grudging)
    async with listening(receiver), delivering(kept):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        first, second = await kept.said(), await kept.said()
        await until(lambda: reached(kept, id, second))
    assert receiver.positions == [first] * 3 + [second] * 3
    assert [one.id for one in receiver.heard[:3]] == [receiver.heard[0].id] * 3
    assert receiver.heard[3].id != receiver.heard[0].id


async def test_a_receiver_that_is_gone_is_sent_nothing_until_it_is_resumed(kept: Kept) -> None:
    async def gone(message: Message) -> web.StreamResponse:
        return web.Response(status=410)

    receiver = Receiver(gone)
    async with listening(receiver), delivering(kept) as follower:
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        first = await kept.said()
        await until(lambda: paused(kept, id))
        second = await kept.said()
        await until(lambda: refused(follower, 1))
        assert receiver.positions == [first]
        receiver.answer = taken
        assert await kept.services.webhooks.resume(id)
        await until(lambda: reached(kept, id, second))
        await until(lambda: refused(follower, 0))
    assert receiver.positions == [first, first, second]
    assert (await kept.webhook(id)).said == ""


async def test_who_has_failed_for_a_week_is_paused_and_said_and_loses_nothing(kept: Kept) -> None:
    async def failing(message: Message) -> web.StreamResponse:
        return web.Response(status=503, text="closed\x00 for\nthe \x1b[31mholidays" + "!" * 10_000)

    receiver = Receiver(failing)
    async with listening(receiver), delivering(kept) as follower:
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        at = await kept.said()
        await until(lambda: tried(kept, id, 2))
        # We were away ourselves: a week is over, and hardly anything was tried.
        await kept.tell("update workers.webhooks set failing_since = now() - interval '8 days'")
        await until(lambda: refused(follower, 1))
        so_far = (await kept.webhook(id)).tries
        await until(lambda: tried(kept, id, so_far + 2))
        assert not await paused(kept, id)
    many = so_far + 1_000
    await kept.tell("update workers.webhooks set refused = $1 - 2, tries = $1 - 2", many)
    async with listening(receiver), delivering(kept, gives_up=timedelta(seconds=many - 1), pauses=(1.0,)):
        await kept.tell("update workers.webhooks set again_at = null")
        await until(lambda: paused(kept, id))
        assert (await kept.webhook(id)).tries == many
        said = (await kept.webhook(id)).said
        assert said.startswith("It answered 503: closed for the [31mholidays!!!")
        assert len(said) < 300
        receiver.answer = taken
        await kept.services.webhooks.resume(id)
        await until(lambda: reached(kept, id, at))
    assert receiver.positions[-1] == at


async def test_a_receiver_that_never_answers_holds_nobody_else_up(kept: Kept) -> None:
    async def silent(message: Message) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError("nobody waits for so long")

    slow, quick = Receiver(silent), Receiver()
    async with listening(slow), listening(quick), delivering(kept, within=1.0):
        id, _ = await kept.services.webhooks.add(slow.url, Wanted())
        other, _ = await kept.services.webhooks.add(quick.url, Wanted())
        at = [await kept.said() for _ in range(5)]
        await until(lambda: reached(kept, other, at[-1]))
        await until(lambda: tried(kept, id, 1))
    assert quick.positions == at
    assert set(slow.positions) == {at[0]}
    assert (await kept.webhook(id)).said == "No answer within 1 seconds."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "No answer: "),
        (b"\x00\xff\x1b[31m this is no HTTP\r\n\r\n", "No answer: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000, "No answer: "),
        (
            b"HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nno gzip!!",
            "It answered 500: no gzip!",
        ),
        (b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", "It answered 302"),
        (b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + b"y" * 100_000, "It answered 500: yyy"),
    ],
    ids=["hangs up", "noise", "endless header", "false gzip", "redirect", "endless body"],
)
async def test_whatever_a_receiver_answers_is_bounded_and_tried_again(kept: Kept, answer: bytes, said: str) -> None:
    asked = list[bytes]()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).strip())
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, delivering(kept):
        id, _ = await kept.services.webhooks.add(f"http://127.0.0.1:{port}/hook?token=1", Wanted())
        await kept.said()
        await until(lambda: tried(kept, id, 2))
        found = await kept.webhook(id)
    assert found.said.startswith(said)
    assert "token" not in found.said, "an address may hold a secret, and what is said stands in the log"
    assert len(found.said) < 300
    assert found.said.isprintable()
    assert set(asked) == {b"POST /hook?token=1 HTTP/1.1"}, "nobody went elsewhere"


async def test_what_a_receiver_writes_is_shown_to_who_asks_and_stands_in_no_log(kept: Kept) -> None:
    async def repeating(message: Message) -> web.StreamResponse:
        return web.Response(status=404, text="Cannot POST /services/T0/s3cret")

    receiver = Receiver(repeating)
    with capture_logs() as logged:
        async with listening(receiver), delivering(kept):
            id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
            await kept.said()
            await until(lambda: tried(kept, id, 2))
    assert (await kept.webhook(id)).said == "It answered 404: Cannot POST /services/T0/s3cret"
    said = [one["said"] for one in logged if one["event"] == "webhook-not-taken"]
    assert said[:2] == ["It answered 404"] * 2
    assert "s3cret" not in str(logged)


async def test_an_address_that_cannot_be_sent_to_is_not_told_to_the_log() -> None:
    async with posting() as post:
        reply = await post("http://h\\@/services/T0/s3cret", {}, b"{}")
    assert reply.status is None
    assert reply.said.startswith("No answer: ")
    assert "s3cret" not in reply.said


async def test_a_hundred_receivers_that_never_answer_hold_nobody_else_up() -> None:
    async def silent(message: Message) -> web.StreamResponse:
        await asyncio.sleep(3600)
        raise AssertionError("nobody waits for so long")

    slow, quick = Receiver(silent), Receiver()
    body = b'{"data": {"position": 1}}'
    async with listening(slow), listening(quick), posting(PATIENCE) as post:
        waiting = [asyncio.ensure_future(post(slow.url, {}, body)) for _ in range(120)]
        try:
            async with asyncio.timeout(PATIENCE / 2):
                assert (await post(quick.url, {}, body)).taken
            assert not any(one.done() for one in waiting)
        finally:
            for one in waiting:
                one.cancel()
            await asyncio.wait(waiting)


async def test_a_process_killed_before_it_saved_how_far_it_came_sends_the_same_again(kept: Kept) -> None:
    killed = asyncio.Event()

    async def killing(message: Message) -> web.StreamResponse:
        if len(receiver.heard) == 2:
            (one,) = processes_of(Part.ACTS)
            one.kill()
            await until(lambda: ended(one))
            killed.set()
        return web.Response(status=204)

    receiver = Receiver(killing)
    async with listening(receiver), acting(environment(kept.services.config)) as member:
        # Each step is waited for by itself: to start a process takes long where many do.
        await until(lambda: leads(member, "webhooks"))
        id, secret = await kept.services.webhooks.add(receiver.url, Wanted(streams=(kept.commitment,)))
        at = [await kept.said() for _ in range(3)]
        await asyncio.wait_for(killed.wait(), PATIENCE)
        await until(lambda: reports_nothing(member))
        await until(lambda: leads(member, "webhooks"))
        await until(lambda: reached(kept, id, at[-1]))
    assert receiver.positions == [at[0], at[1], at[1], at[2]]
    assert receiver.heard[1].id == receiver.heard[2].id
    assert receiver.heard[1].body == receiver.heard[2].body
    assert all(verified(secret, one.headers, one.body) for one in receiver.heard)


async def reports_nothing(member: Member) -> bool:
    return member.report() is None


async def ended(process: psutil.Process) -> bool:
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_of_two_processes_one_delivers_and_the_other_goes_on_where_it_ended(kept: Kept) -> None:
    receiver = Receiver()
    async with listening(receiver):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        async with delivering(kept):
            async with delivering(kept):
                at = [await kept.said() for _ in range(10)]
                await until(lambda: reached(kept, id, at[-1]))
            at += [await kept.said() for _ in range(10)]
            await until(lambda: reached(kept, id, at[-1]))
    assert receiver.positions == at


async def test_nothing_is_left_out_while_the_database_cuts_the_line_again_and_again(kept: Kept) -> None:
    receiver, at = Receiver(), list[int]()
    async with listening(receiver), delivering(kept):
        await kept.services.webhooks.add(receiver.url, Wanted())
        for _ in range(5):
            at += [await kept.said() for _ in range(3)]
            await kept.tell(_CUT)
            await until(partial(stands, kept, at[-1]))
    assert list(dict.fromkeys(receiver.positions)) == at, "some again, under the same id"


async def test_where_what_was_taken_cannot_be_saved_it_is_not_sent_again_without_a_pause(kept: Kept) -> None:
    """As where the disk of the database is full; once it is not, everything arrives."""
    receiver = Receiver()
    with capture_logs() as logged:
        async with listening(receiver), delivering(kept):
            id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
            await kept.tell("revoke update on workers.webhooks from subsidia_app")
            first, second = await kept.said(), await kept.said()
            await until(lambda: interrupted(logged, 4))
            await kept.tell("grant update on workers.webhooks to subsidia_app")
            await until(lambda: reached(kept, id, second))
    waits = [one["again_in"] for one in logged if one["event"] == "webhook-interrupted"]
    assert waits[0] == WAITS[0]
    assert max(waits) > WAITS[0]
    assert set(receiver.positions[:-1]) == {first}
    assert receiver.positions[-1] == second
    assert {one.id for one in receiver.heard[:-1]} == {receiver.heard[0].id}


async def interrupted(logged: Sequence[Any], times: int) -> bool:
    return len([one for one in logged if one["event"] == "webhook-interrupted"]) >= times


async def stands(kept: Kept, position: int) -> bool:
    """Whether the only webhook has come so far, asked on a line that nobody cuts."""
    connection = await asyncpg.connect(kept.dsn)
    found: int = await connection.fetchval("select position from workers.webhooks")
    await connection.close()
    return found >= position


_CUT = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and application_name in ('subsidia-worker', 'subsidia-reader')"""


async def test_a_view_that_is_built_anew_sends_nothing(kept: Kept) -> None:
    receiver = Receiver()
    async with listening(receiver), delivering(kept):
        id, _ = await kept.services.webhooks.add(receiver.url, Wanted())
        for view in ("commitments", "activity"):
            await kept.services.projector.rebuild(view)
        at = await kept.said()
        await until(lambda: reached(kept, id, at))
        await kept.services.projector.rebuild("commitments")
        then = await kept.said()
        await until(lambda: reached(kept, id, then))
    assert receiver.positions == [at, then]
