"""Tells followers by mail what was recorded: each in the order of the ledger, at least once, in words.

It follows records and never a view: what is built anew sends nothing. The words are those of the view `activity`, which
is waited for. Messages go one after the other: they all have the same way out.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from domain.kernel import Context
from services.codec import Codec
from services.keys import KeyUnusable
from services.mail import subscriptions as kept
from services.mail.letters import Letter, Letters, followed, lines, message_id, question_id, written
from services.mail.links import Purpose, link, unsealed
from services.mail.news import Found, News
from services.mail.sending import Reply, Send
from services.mail.subscriptions import PLACES, KeysAway, Period, Subscription, Subscriptions
from services.outgoing.errands import Errands
from services.outgoing.places import GIVES_UP, PAUSES
from services.outgoing.wanted import Ahead, Ledger, Unusable
from services.sealing import Unopenable
from services.store.connecting import Connection, Pool, passes
from services.views.queries import NotBuilt, Views

UNSAVED = 10_000
"""Records in which there was nothing for somebody, and that are looked through again after a start, at most."""

log = structlog.get_logger()


class NotSent(Exception):
    """The mail server takes nothing from us at present: there is no use in the next message."""


@dataclass(frozen=True, slots=True)
class Mail:
    """The way out: who sends, who words it, from whom it comes, and where links lead."""

    send: Send
    letters: Letters
    sender: str
    public_url: str


class Mailer:
    """A sender, see `Outgoing`."""

    name = "mail"
    gather = 1.0
    places = PLACES

    def __init__(
        self, pool: Pool, ledger: Ledger, subscriptions: Subscriptions, codec: Codec, contexts: Mapping[str, Context],
        views: Views, mail: Mail, *, pauses: Sequence[float] = PAUSES, gives_up: timedelta = GIVES_UP,
        at_once: timedelta = Period.AT_ONCE.every,
    ) -> None:  # fmt: skip
        """`at_once`: how long whoever is written to at once has peace after a message."""
        self._pool, self._subscriptions, self._views, self._mail = pool, subscriptions, views, mail
        self._pauses, self._gives_up, self._at_once = tuple(pauses), gives_up, at_once
        self._news = News(Ahead(pool, ledger, codec), codec, contexts)
        self.errands = Errands("mail-interrupted", pauses)
        self._told: int | None = None

    async def begin(self, connection: Connection) -> None:
        self.errands.begin("round", self._round)

    async def _round(self) -> None:
        """Raises NotSent, and what the database raises."""
        await self._subscriptions.forget_unanswered()
        try:
            reached = (await self._views.freshness("activity")).position
            # Where there is nothing new since all were looked at, there is nothing for most of them.
            everybody, self._told = reached != self._told, None
            if everybody:
                self._news.begin(reached)
            async for one in kept.due(self._pool, everybody=everybody):
                await self._write(one)
            self._told = reached
        except NotBuilt:  # words are there soon
            return

    async def _write(self, one: Subscription) -> None:
        """What nobody foresaw of one holds nobody else up."""
        try:
            await (self._question(one) if one.confirmed_at is None else self._digest(one))
        except (NotSent, NotBuilt):
            raise
        except Exception as error:
            if passes(error):
                raise
            # Its words may hold what nobody else may read.
            log.error("mail-unwritten", subscription=str(one.id), error=type(error).__name__)
            await self._note(one, Reply(False, "It could not be written: the log says more."))

    async def _question(self, one: Subscription) -> None:
        """Whether it was meant. Where nobody takes that, it was not."""
        asked = await followed(self._views, one.wanted)

        def worded(key: bytes) -> Awaitable[Letter]:
            leads = link(self._mail.public_url, key, one.id, Purpose.CONFIRM)
            return self._mail.letters.question(asked, one.period, leads, one.languages)

        reply = await self._sent(one, question_id(self._mail.public_url, one.id), worded)
        if reply.taken:
            await kept.invited(self._pool, one.id)
        elif reply.gone:
            await self._subscriptions.end(one.id)
        else:
            await self._note(one, reply)

    async def _digest(self, one: Subscription) -> None:
        """What there is now, in one message; nothing where there is nothing."""
        try:
            found = await self._news.of(one)
        except Unusable as error:  # a newer program's
            await self._note(one, Reply(False, str(error)))
            return
        if found.records:
            await self._tell(one, found)
        elif found.strange is not None:
            await self._note(one, Reply(False, str(found.strange)))
        elif one.again_at is not None or found.end - one.position >= UNSAVED:
            await PLACES.came_to(self._pool, one.id, one.position, found.end, one.rests)

    async def _tell(self, one: Subscription, found: Found) -> None:
        """One message. What has no room in it is not told: it says so, and where everything is."""
        rows = await lines(self._views, [record.position for record in found.records])
        about = await followed(self._views, one.wanted)
        if not await kept.begins(self._pool, one.id, one.position, found.end):
            return

        def worded(key: bytes) -> Awaitable[Letter]:
            leave = link(self._mail.public_url, key, one.id, Purpose.LEAVE)
            return self._mail.letters.digest(about, one.wanted, rows, leave, one.languages, more=found.more)

        reply = await self._sent(one, message_id(self._mail.public_url, one.id, found.end, found.records), worded)
        if not reply.taken:
            await self._note(one, reply)
            return
        await PLACES.came_to(self._pool, one.id, one.position, found.end, one.rests or self._at_once)

    async def _sent(self, one: Subscription, message_id: str, worded: Callable[[bytes], Awaitable[Letter]]) -> Reply:
        """What became of a message that is worded by the subscription's key, which signs its links."""
        try:
            key = await self._subscriptions.key(one)
            address = None if key is None else unsealed(key, one.id, one.sealed)
        except (KeysAway, OSError):
            return Reply(False, "The folder of keys is not at hand, or not the register's own.", for_all=True)
        except (KeyUnusable, Unopenable):
            return Reply(False, "Its address cannot be read: its key is damaged.")
        if key is None or address is None:
            # It was ended: a crash, or a backup from before, left the row.
            await self._subscriptions.end(one.id)
            return Reply(False, gone=True)
        letter = await worded(key)
        return await self._mail.send(address, written(letter, self._mail.sender, address, message_id))

    async def _note(self, one: Subscription, reply: Reply) -> None:
        """It was not taken: when it is tried again, or that it is not, until somebody resumes it. Raises NotSent."""
        noted = await PLACES.not_taken(
            self._pool, one.id, one.position, reply.said, self._pauses, self._gives_up, gone=reply.gone,
            refused=not reply.for_all,
        )  # fmt: skip
        if noted is not None and one.confirmed_at is not None:
            told = {"subscription": str(one.id), "position": one.position, "tries": noted.tries, "said": reply.said}
            if noted.paused:
                log.error("mail-paused", **told)
            else:
                log.warning("mail-not-taken", **told)
        if reply.for_all:
            raise NotSent(reply.said)
