"""Mail as `subsidia work` sends it: by its configuration, in a process of its own, whenever that is killed."""

import asyncio
from dataclasses import dataclass, field

from aiosmtpd.smtp import SMTP, Envelope, Session

from api.cli.working import Part
from services.mail.subscriptions import Period
from tests.api.delivering import acting, leads
from tests.api.mailbox import Mailbox, listening
from tests.api.mailing import HOME, Written, reached, written
from tests.api.test_webhooks import ended
from tests.api.test_working import environment, processes_of
from tests.waiting import PATIENCE, until

__all__ = ["written"]


@dataclass(slots=True)
class Killing(Mailbox):
    """It has the process that writes killed when it has the first message, and before that is said."""

    kills: bool = True
    killed: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await Mailbox.handle_DATA(self, server, session, envelope)
        if self.kills:
            self.kills = False  # at once: the next process may write while this one is still waited for
            (one,) = processes_of(Part.ACTS)
            one.kill()
            await until(lambda: ended(one))
            self.killed.set()
        return said


async def test_a_process_killed_before_it_saved_that_it_wrote_writes_the_same_again(written: Written) -> None:
    mailbox = Killing()
    # Before anybody writes: else the process may be quicker, and send the question first.
    await written.follows("ada@example.org", period=Period.AT_ONCE)
    async with listening(mailbox):
        told = {"SUBSIDIA_MAIL": mailbox.url, "SUBSIDIA_PUBLIC_URL": HOME}
        async with acting({**environment(written.services.config), **told}) as member:
            await until(lambda: leads(member, "mail"))
            last = await written.said()
            await asyncio.wait_for(mailbox.killed.wait(), PATIENCE)
            await until(lambda: leads(member, "mail"))
            await reached(written, last)
    first, again = mailbox.heard
    assert first.id == again.id
    assert first.text == again.text
