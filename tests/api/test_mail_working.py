"""Mail as `subsidia work` sends it: by its configuration, in a process of its own, whenever that is killed."""

from dataclasses import dataclass

import psutil
from aiosmtpd.smtp import SMTP, Envelope, Session

from api.cli.working import Part
from services.mail.subscriptions import Period
from tests.api.delivering import acting, leads
from tests.api.mailbox import Mailbox, listening
from tests.api.mailing import HOME, Written, reached, written
from tests.api.test_webhooks import ended
from tests.api.test_working import environment, processes_of
from tests.waiting import until

__all__ = ["written"]


@dataclass(slots=True)
class Killing(Mailbox):
    """It has the process that writes killed when it has the first message, and before that is said."""

    killed: psutil.Process | None = None

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        said = await Mailbox.handle_DATA(self, server, session, envelope)
        if self.killed is None:
            # Whoever is served is gone from here on, and nothing is awaited for nobody.
            (self.killed,) = processes_of(Part.ACTS)
            self.killed.kill()
        return said

    async def has_killed(self) -> bool:
        return self.killed is not None and await ended(self.killed)


async def test_a_process_killed_before_it_saved_that_it_wrote_writes_the_same_again(written: Written) -> None:
    mailbox = Killing()
    # Before anybody writes: else the process may be quicker, and send the question first.
    await written.follows("ada@example.org", period=Period.AT_ONCE)
    async with listening(mailbox):
        told = {"SUBSIDIA_MAIL": mailbox.url, "SUBSIDIA_PUBLIC_URL": HOME}
        async with acting({**environment(written.services.config), **told}) as member:
            await until(lambda: leads(member, "mail"))
            last = await written.said()
            await until(mailbox.has_killed)
            await until(lambda: leads(member, "mail"))
            await reached(written, last)
    first, again = mailbox.heard
    assert first.id == again.id
    assert first.text == again.text
