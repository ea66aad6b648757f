"""Mail: how much is asked and tried at most, of whom, and that nobody pays for others."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from services.mail.subscriptions import EACH, LASTS, OF_DOMAIN, OPEN, RECENT, Full, Period
from services.outgoing.places import PAUSES, tries_in
from services.outgoing.wanted import Wanted
from tests.api.mailbox import Mailbox, listening
from tests.api.mailing import Written, reached, writing, written
from tests.api.test_mail import ANNA, paused, refused, tried
from tests.waiting import PATIENCE, until

__all__ = ["written"]


def asked_from(first: int, domain: str) -> str:
    """Open questions to addresses of nobody, from this number to that of its argument, in a domain as SQL says it."""
    return (
        "insert into workers.subscriptions (id, address, sealed, types, contexts, units, streams, period, languages,"
        " position, domain) select gen_random_uuid(), n::text::bytea, '', '{}', '{}', '{}', '{}', 'daily', '{}', 0,"
        f" {domain} from generate_series({first}, $1::int) n"
    )


async def test_to_one_address_one_question_is_open_and_a_day_later_nobody_knows_of_it(written: Written) -> None:
    wanted = Wanted(streams=(written.commitment,))
    for address in (ANNA, ANNA, "ANNA@example.org"):
        await written.subscriptions.ask(address, wanted, Period.WEEKLY, ())
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    one = await written.one()
    assert (one.period, one.wanted) == (Period.WEEKLY, wanted)
    keyring = written.services.office.keyring
    keys = keyring.subjects()
    assert one.id in keys
    key = await written.subscriptions.key(one)
    assert key is not None
    await written.tell("update workers.subscriptions set asked_at = now() - $1::interval", LASTS)
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    other = await written.one()
    assert (other.id, other.period) != (one.id, one.period)
    assert keyring.subjects() == keys - {one.id} | {other.id}, "what was not confirmed is forgotten with its key"


async def test_questions_and_subscriptions_are_bounded(written: Written) -> None:
    many = "insert into workers.subscriptions select gen_random_uuid(), $1 || n::text::bytea, '', '{}', '{}', '{}', '{}', 'daily', '{}', 0"  # noqa: E501
    await written.tell(f"{many} from generate_series(1, $2::int) n", b"other", OPEN)
    with pytest.raises(Full):
        await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    # Within the hour they give way, and their links count on.
    await written.tell("update workers.subscriptions set asked_at = now() - $1::interval", RECENT)
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    assert len(await written.subscriptions.all()) == OPEN + 1
    await written.tell("delete from workers.subscriptions")
    await written.follows(ANNA)
    (found,) = await written.tell("select address from workers.subscriptions")
    same = many.replace("$1 || n::text::bytea", "$1::bytea").replace(", 0", ", 0, -1, now(), now(), now()")
    await written.tell(f"{same} from generate_series(2, $2::int) n", found[0], EACH)
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    assert len(await written.subscriptions.all()) == EACH


async def test_who_writes_to_the_whole_world_shuts_nobody_out_where_somebody_follows(written: Written) -> None:
    await written.follows(ANNA)
    await written.tell(asked_from(1, "n::text::bytea"), OPEN)
    with pytest.raises(Full):
        await written.subscriptions.ask("ben@example.com", Wanted(), Period.DAILY, ())
    await written.subscriptions.ask("ben@example.org", Wanted(), Period.DAILY, ())
    assert len(await written.subscriptions.all()) == OPEN + 2


async def test_who_confirms_while_the_unanswered_are_forgotten_goes_on(written: Written) -> None:
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    one = await written.one()
    await written.tell("update workers.subscriptions set asked_at = now() - $1::interval", LASTS)
    connection = await asyncpg.connect(written.dsn)
    try:
        async with connection.transaction():
            await connection.execute("update workers.subscriptions set confirmed_at = now()")
            await asyncio.wait_for(written.subscriptions.forget_unanswered(), PATIENCE)
    finally:
        await connection.close()
    assert await written.subscriptions.address(await written.one()) == ANNA
    await written.tell("update workers.subscriptions set confirmed_at = null")
    await written.subscriptions.forget_unanswered()
    assert await written.subscriptions.all() == []
    assert not await written.subscriptions.confirm(one), "and who comes too late is told so"


async def test_who_comes_too_late_with_a_second_wish_loses_nothing_of_the_first(written: Written) -> None:
    first = await written.follows(ANNA)
    await written.subscriptions.ask(ANNA, Wanted(streams=(written.commitment,)), Period.AT_ONCE, ())
    (late,) = [one for one in await written.subscriptions.all() if one.id != first]
    connection = await asyncpg.connect(written.dsn)
    try:
        async with connection.transaction():
            await connection.execute("delete from workers.subscriptions where id = $1", late.id)
            confirming = asyncio.ensure_future(written.subscriptions.confirm(late))
            await until(lambda: waits_for_a_row(written))
    finally:
        await connection.close()
    assert not await confirming
    assert await written.subscriptions.address(await written.one()) == ANNA


async def waits_for_a_row(written: Written) -> bool:
    asked = "select true from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    return bool(await written.tell(asked))


async def test_one_domain_does_not_take_the_questions_of_all(written: Written) -> None:
    await written.subscriptions.ask("ben@example.org", Wanted(), Period.DAILY, ())
    await written.tell(asked_from(2, "(select domain from workers.subscriptions)"), OF_DOMAIN)
    with pytest.raises(Full):
        await written.subscriptions.ask("ANNA@EXAMPLE.ORG", Wanted(), Period.DAILY, ())
    await written.subscriptions.ask("anna@example.com", Wanted(), Period.DAILY, ())
    await written.tell("update workers.subscriptions set confirmed_at = now() where sealed = '' and address = '2'")
    await written.subscriptions.ask(ANNA, Wanted(), Period.DAILY, ())
    assert len(await written.subscriptions.all()) == OF_DOMAIN + 2, "who has answered counts no more"


async def test_the_addresses_of_one_mailbox_are_asked_one_at_a_time_and_followed_each(written: Written) -> None:
    for address in ("anna+register@example.org", "Anna+news@example.org", ANNA):
        await written.subscriptions.ask(address, Wanted(), Period.DAILY, ())
    one = await written.one()
    assert await written.subscriptions.address(one) == "anna+register@example.org"
    await written.subscriptions.confirm(one)
    await written.follows(ANNA)
    await written.subscriptions.ask("anna@example.com", Wanted(), Period.DAILY, ())
    await written.subscriptions.ask("+@example.com", Wanted(), Period.DAILY, ())
    assert len(await written.subscriptions.all()) == 4
    assert await written.subscriptions.of("anna+register@example.org") == [one.id]


async def test_a_server_that_is_away_for_long_gives_nobody_up(written: Written) -> None:
    mailbox = Mailbox()
    async with listening(mailbox):
        pass
    await written.follows(ANNA)
    async with writing(written, mailbox, gives_up=timedelta(0)) as follower:
        last = await written.said()
        await until(lambda: tried(written, 3))
        assert not await paused(written)
        await written.tell("update workers.subscriptions set failing_since = now() - interval '11 minutes'")
        await until(lambda: refused(follower, 1))
        async with listening(mailbox):
            await reached(written, last)
    assert len(mailbox.heard) == 1


async def test_a_receiver_is_given_up_for_its_own_refusals_and_not_for_the_server_s_absence(written: Written) -> None:
    mailbox = Mailbox(to_receiver="450 4.2.0 later")
    async with listening(mailbox):
        pass
    await written.follows(ANNA)
    at_most = 5
    async with writing(written, mailbox, gives_up=timedelta(seconds=0.01 * (at_most - 1))) as follower:
        await written.said()
        await until(lambda: tried(written, at_most + 2))
        await written.tell("update workers.subscriptions set failing_since = now() - interval '8 days'")
        async with listening(mailbox):
            await until(lambda: paused(written))
        await until(lambda: refused(follower, 1))
    assert mailbox.asked == [ANNA] * at_most


def test_a_week_of_tries_is_as_many_as_fit_into_it() -> None:
    week = timedelta(days=7)
    assert tries_in(timedelta(0), PAUSES) == 1
    assert tries_in(timedelta(seconds=6), PAUSES) == 3, "at once, after one second, after five more"
    assert tries_in(timedelta(seconds=7), PAUSES) == 4
    lasts = tries_in(week, PAUSES) - 1
    waited = sum(PAUSES) + PAUSES[-1] * (lasts - len(PAUSES))
    assert week <= timedelta(seconds=waited) < week + timedelta(hours=1)
