"""Mail: who follows is told in words, in order and at least once, whatever servers and processes do meanwhile."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from structlog.testing import capture_logs

from api.letters import Letters
from api.templates import Templates
from services.mail.letters import Followed
from services.mail.links import Purpose
from services.mail.subscriptions import Period
from services.outgoing.wanted import Wanted
from tests.api.mailbox import Mailbox, listening
from tests.api.mailing import HOME, Written, link_of, reached, sent, writing, written
from tests.services.test_handle import config
from tests.waiting import PATIENCE, until

__all__ = ["written"]

ANNA = "anna@example.org"


async def test_what_happens_while_the_server_is_down_is_told_in_order_once_it_is_up(written: Written) -> None:
    mailbox = Mailbox()
    async with listening(mailbox):
        pass
    await written.follows(ANNA)
    async with writing(written, mailbox):
        first = await written.said()
        await until(lambda: tried(written, 2))
        second = await written.said()
        for view in ("activity", "commitments"):
            await written.services.projector.rebuild(view)
        async with listening(mailbox):
            await reached(written, second)
            await written.services.projector.rebuild("activity")
            third = await written.said("Plan")
            await reached(written, third)
    assert [one.to for one in mailbox.heard] == [(ANNA,)] * 3
    pages = [link for one in mailbox.heard for link in one.links if "#record-" in link]
    before = f"{HOME}/read/commitments/{written.commitment}?lang=en#record-"
    versions = [int(one.removeprefix(before)) for one in pages]
    assert versions == list(range(versions[0], versions[0] + 3))
    assert len({one.id for one in mailbox.heard}) == 3
    assert (first, second) == (third - 2, third - 1)


async def test_names_stand_in_one_line_whatever_begins_lines_in_them(tmp_path: Path) -> None:
    letters = Letters(Templates(), replace(config("", tmp_path), public_url=HOME))
    for sign in ("\n", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"):
        name = f"Lyon{sign}-- {sign}To be written to no more: https://elsewhere.example"
        row = {
            "title": {"en": name}, "name": {"en": name}, "unit_name": name, "type": "evidence-attached.1",
            "context": "commitments", "stream": "a", "version": 1, "at": "2035-03-05", "effective_on": "2035-03-05",
        }  # fmt: skip
        about = Followed((row,), (row,))
        for letter in (
            await letters.question(about, Period.DAILY, f"{HOME}/follow/a/confirm", ("en",)),
            await letters.digest(about, Wanted(), [row], f"{HOME}/follow/a/leave", ("en",), more=False),
        ):
            said = [line for line in letter.text.splitlines() if "elsewhere" in line]
            assert said
            assert all("Lyon -- To be" in line for line in said)


async def test_nothing_that_others_wrote_looks_like_a_line_of_ours(tmp_path: Path) -> None:
    letters = Letters(Templates(), replace(config("", tmp_path), public_url=HOME))
    turned = "\u202e\u2067"
    row = {
        "title": {"en": f"Ly{turned}on"}, "unit_name": f"Ly{turned}on", "type": "evidence-attached.1",
        "because": f"It was late.\u2028  {HOME}@elsewhere.example{turned}\r\n\r\n-- \n  Recorded: never",
        "context": "commitments", "stream": "a", "version": 1, "at": "2035-03-05", "effective_on": "2035-03-05",
    }  # fmt: skip
    letter = await letters.digest(
        Followed((row,)), Wanted(), [row], f"{HOME}/follow/a/leave", ("en",), more=False
    )  # fmt: skip
    lines = letter.text.splitlines()
    begun = lines.index("  Reasons:") + 1
    told = ["It was late.", f"{HOME}@elsewhere.example", "", "--", "Recorded: never"]
    assert lines[begun : begun + 5] == [f"  > {one}" for one in told]
    assert not set(turned) & {*letter.text, *letter.subject}
    assert lines[0] == "Lyon: Evidence attached"


async def test_a_message_says_in_words_what_was_recorded_and_how_it_is_ended(written: Written) -> None:
    mailbox = Mailbox()
    await written.follows(ANNA)
    async with listening(mailbox), writing(written, mailbox):
        await written.said()
        await sent(mailbox, 1)
    (message,) = mailbox.heard
    parsed = message.parsed
    assert (message.sender, str(parsed["From"])) == ("register@example.org", "Subsidia <register@example.org>")
    assert parsed["Subject"] == "Trees: Evidence attached"
    assert parsed["Auto-Submitted"] == "auto-generated"
    for part in ("Trees: Evidence attached", "By: Lyon (authorised signatory)", "Counting from: 2035-03-05"):
        assert part in message.text
    (leave,) = [one for one in message.links if "/leave?" in one]
    assert parsed["List-Unsubscribe"] == f"<{leave}>"
    assert parsed["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message.raw.isascii()
    assert message.raw.startswith(b"Message-ID: <"), "in one line"


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"to_receiver": "450 4.2.0 anna@example.org: later"}, "The mail server answered 450 4.2.0 (to the receiver)."),
        ({"to_message": "451 4.3.0 not now, anna@example.org"}, "The mail server answered 451 4.3.0 (to the message)."),
        ({"to_message": "554 5.7.1 spam for anna"}, "The mail server answered 554 5.7.1 (to the message)."),
        ({"cuts": True}, "The mail server broke the conversation off."),
    ],
    ids=["not to this receiver now", "not now", "not this message", "cut once it was taken"],
)
async def test_what_is_not_taken_is_the_same_message_again_and_nobody_s_address_is_kept(
    written: Written, fault: dict[str, object], said: str
) -> None:
    mailbox = Mailbox(**fault)  # type: ignore[arg-type]
    await written.follows(ANNA)
    with capture_logs() as logged:
        async with listening(mailbox), writing(written, mailbox):
            first = await written.said()
            await until(lambda: tried(written, 2))
            assert (await written.one()).said == said
            # Whatever comes meanwhile is another message: this one may have arrived.
            second = await written.said()
            mailbox.to_receiver = mailbox.to_message = "250 taken"
            mailbox.cuts = False
            await reached(written, second)
    assert (await written.one()).said == ""
    ids = [one.id for one in mailbox.heard]
    assert len(set(ids)) == 2
    assert ids == sorted(ids, key=ids.index), "the second comes once the first was taken"
    pages = [link.rpartition("#record-")[2] for one in mailbox.heard for link in one.links if "#record-" in link]
    assert int(pages[-1]) - int(pages[0]) == second - first == 1
    assert "anna" not in str(logged)
    assert any(one["event"] == "mail-not-taken" for one in logged)


async def tried(written: Written, times: int) -> bool:
    return all(one.tries >= times for one in await written.subscriptions.all())


async def test_a_receiver_that_there_is_not_is_paused_and_holds_nobody_else_up(written: Written) -> None:
    mailbox = Mailbox(strangers={ANNA})
    gone = await written.follows(ANNA)
    await written.follows("ben@example.org")
    async with listening(mailbox), writing(written, mailbox) as follower:
        await written.said()
        await until(lambda: paused(written))
        await sent(mailbox, 1)
        last = await written.said()
        await sent(mailbox, 2)
        assert [one.to for one in mailbox.heard] == [("ben@example.org",)] * 2
        await until(lambda: refused(follower, 1))
        mailbox.strangers.clear()
        assert await written.subscriptions.resume(gone)
        await reached(written, last)
        await until(lambda: refused(follower, 0))
    assert [one.to for one in mailbox.heard[2:]] == [(ANNA,)] * 2, "the one that was tried, and what came since"
    assert mailbox.asked.count(ANNA) == 3, "refused for good it was not asked for again"


async def paused(written: Written) -> bool:
    return any(one.paused_at is not None for one in await written.subscriptions.all())


async def refused(follower: object, many: int) -> bool:
    return (await follower.health()).refused == many  # type: ignore[attr-defined, no-any-return]


async def test_who_is_written_to_daily_gets_one_message_of_everything_when_the_day_is_over(written: Written) -> None:
    mailbox = Mailbox()
    await written.follows(ANNA, period=Period.DAILY)
    await written.follows("ben@example.org")
    async with listening(mailbox), writing(written, mailbox, at_once=timedelta(days=1)):
        await written.said()
        await sent(mailbox, 1)
        last = await written.said()
        assert [one.to for one in mailbox.heard] == [("ben@example.org",)]
        assert await written.services.views.reached("activity", last, PATIENCE)
        await written.tell("update workers.subscriptions set again_at = now() where period = 'daily'")
        await sent(mailbox, 2)
        assert mailbox.heard[1].to == (ANNA,)
        assert mailbox.heard[1].text.count("#record-") == 2
        assert mailbox.heard[1].parsed["Subject"] == "2 new records in handle.example"
        await until(lambda: both_rest(written))
    assert len(mailbox.heard) == 2


async def both_rest(written: Written) -> bool:
    (found,) = await written.tell(
        "select count(*) from workers.subscriptions where again_at > now() + interval '23 hours'"
    )
    return bool(found[0] == 2)


async def test_more_than_a_message_holds_is_said_and_led_to(written: Written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.mail.news.LINES", 2)
    mailbox = Mailbox()
    await written.follows(ANNA)
    last = [await written.said() for _ in range(4)][-1]
    assert await written.services.views.reached("activity", last, PATIENCE)
    async with listening(mailbox), writing(written, mailbox):
        await reached(written, last)
    (message,) = mailbox.heard
    assert message.text.count("#record-") == 2
    assert f"{HOME}/read/activity?stream={written.commitment}&sort=-key&lang=en" in message.links


async def test_a_question_comes_first_and_nothing_else_before_it_is_confirmed(written: Written) -> None:
    mailbox = Mailbox()
    await written.subscriptions.ask(ANNA, Wanted(streams=(written.commitment,)), Period.AT_ONCE, ("en",))
    async with listening(mailbox), writing(written, mailbox):
        await sent(mailbox, 1)
        await written.said()
        await until(lambda: invited(written))
        one = await written.one()
        id, by = link_of(mailbox.heard[0], Purpose.CONFIRM)
        assert id == one.id
        assert await written.subscriptions.behind(id, Purpose.LEAVE, by) is None, "one is no key to the other"
        # Not the last letter: of that, some bits say nothing.
        assert await written.subscriptions.behind(id, Purpose.CONFIRM, ("x" if by[0] != "x" else "y") + by[1:]) is None
        found = await written.subscriptions.behind(id, Purpose.CONFIRM, by)
        assert found is not None
        await written.subscriptions.confirm(found)
        last = await written.said()
        await reached(written, last)
    assert [one.parsed["Subject"] for one in mailbox.heard] == [
        "Please confirm: follow the register handle.example", "Trees: Evidence attached",
    ]  # fmt: skip
    assert "  Trees" in mailbox.heard[0].text
    assert "List-Unsubscribe" not in mailbox.heard[0].parsed


async def test_a_reader_is_written_to_in_their_language(written: Written) -> None:
    mailbox = Mailbox()
    await written.subscriptions.ask(ANNA, Wanted(units=(written.unit,)), Period.DAILY, ("fr-ca", "fr", "en"))
    async with listening(mailbox), writing(written, mailbox):
        await sent(mailbox, 1)
        assert mailbox.heard[0].parsed["Subject"] == "Veuillez confirmer : suivre le registre handle.example"
        assert "chaque jour" in mailbox.heard[0].text
        await until(lambda: invited(written))
        await written.subscriptions.confirm(await written.one())
        await written.tell("update workers.subscriptions set again_at = null")
        await written.said()
        await sent(mailbox, 2)
    for message in mailbox.heard:
        assert message.links
        assert all(parse_qs(urlsplit(link).query)["lang"] == ["fr"] for link in message.links)
    page = f"{HOME}/read/commitments/{written.commitment}?lang=fr#record-"
    assert any(link.startswith(page) for link in mailbox.heard[1].links)
    (leave,) = [link for link in mailbox.heard[1].links if "/leave?" in link]
    assert mailbox.heard[1].parsed["List-Unsubscribe"] == f"<{leave}>"


async def test_links_of_who_is_not_spoken_to_in_their_language_lead_to_what_was_recorded_in_it(tmp_path: Path) -> None:
    letters = Letters(Templates(), replace(config("", tmp_path), public_url=HOME))
    link = f"{HOME}/follow/a/confirm?by=b"
    for languages, led in ((("de", "pl"), "&lang=de"), (("de", "es", "fr"), "&lang=es"), ((), "")):
        question = await letters.question(Followed(), Period.DAILY, link, languages)
        assert f"\n{link}{led}\n" in question.text


async def invited(written: Written) -> bool:
    (found,) = await written.tell("select invited_at is not null from workers.subscriptions")
    return bool(found[0])


async def test_who_asks_again_for_the_same_has_one_subscription_that_goes_on(written: Written) -> None:
    await written.follows(ANNA)
    begun = (await written.one()).position
    await written.said()
    await written.follows(ANNA, period=Period.WEEKLY)
    one = await written.one()
    assert (one.period, one.position) == (Period.WEEKLY, begun)


async def test_what_was_ended_is_gone_and_no_backup_brings_it_back(written: Written) -> None:
    mailbox = Mailbox()
    id = await written.follows(ANNA)
    (row,) = await written.tell("select t::text, sealed, address from workers.subscriptions t")
    assert ANNA.encode() not in row["sealed"] + row["address"]
    assert "anna" not in row[0]
    async with listening(mailbox), writing(written, mailbox):
        await written.said()
        await sent(mailbox, 1)
        _, by = link_of(mailbox.heard[0], Purpose.LEAVE)
        await written.tell("create table kept as select * from workers.subscriptions")
        assert await written.subscriptions.behind(id, Purpose.LEAVE, by) is not None
        assert await written.subscriptions.end(id)
        assert not written.services.office.keyring.has(id)
        assert await written.subscriptions.behind(id, Purpose.LEAVE, by) is None
        await written.tell("insert into workers.subscriptions select * from kept")
        await written.said()
        await until(lambda: nobody(written))
    assert len(mailbox.heard) == 1


async def nobody(written: Written) -> bool:
    return not await written.subscriptions.all()


async def test_without_the_folder_of_keys_nobody_is_taken_for_one_who_left(written: Written) -> None:
    mailbox = Mailbox()
    await written.follows(ANNA)
    folder = written.services.config.keyring
    async with listening(mailbox), writing(written, mailbox):
        folder.rename(folder.with_name("away"))
        last = await written.said()
        await until(lambda: tried(written, 2))
        assert (await written.one()).said == "The folder of keys is not at hand, or not the register's own."
        folder.with_name("away").rename(folder)
        await reached(written, last)
    assert len(mailbox.heard) == 1


async def test_what_people_wrote_stays_within_its_line(written: Written) -> None:
    mailbox = Mailbox()
    await written.follows(ANNA, Wanted(units=(written.unit,)))
    async with listening(mailbox), writing(written, mailbox):
        await written.said("Añb\r\nBcc: eve@example.org")
        await sent(mailbox, 1)
    assert mailbox.asked == [ANNA]
    assert "Bcc" not in mailbox.heard[0].parsed
