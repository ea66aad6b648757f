"""How the sample story is told: one command after the other, each under an id that follows from its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeAlias
from uuid import UUID, uuid5

from domain.calendars import add_months
from domain.commitments.state import Commitment
from domain.commitments.words import Due
from domain.deadlines import Standing
from domain.erasures import erasure_stream
from domain.kernel import NAMES, Actor, EventName, PartialDate, Role, StreamId, UnitId, Words
from services.handle import Office
from services.orders import Answer, Note, Order
from services.store.ports import CommandReused

CALLER = "story"
CLOCK, REACTION = Actor(system="clock"), Actor(system="reaction")
Step: TypeAlias = tuple[str, Actor, str, Mapping[str, object], date]
"""A step's name, who takes it, the command and its fields, and the day it counts from."""


def words(en: str, fr: str) -> Words:
    """A text in both languages of the story."""
    return Words({"en": en, "fr": fr})


@dataclass(slots=True)
class Teller:
    """Tells. `today`: the day the ledger was opened, from which the story counts back."""

    office: Office
    registrar: Actor
    today: date
    units: dict[str, UnitId] = field(default_factory=dict)
    actors: dict[tuple[str, Role], Actor] = field(default_factory=dict)

    def month(self, months: int) -> date:
        """The day so many months from the ledger's opening; before it, if negative."""
        return add_months(self.today, months)

    async def say(
        self,
        step: str,
        who: Actor,
        command: str,
        fields: Mapping[str, object],
        *,
        on: date | PartialDate | None = None,
        stream: StreamId | None = None,
        because: str = "",
        basis: str = "",
        corrects: EventName | None = None,
        cause: EventName | None = None,
    ) -> Answer:
        """Gives `context.command` as a step of the story; said before, it changes nothing."""
        context, _, name = command.partition(".")
        day = None if on is None else PartialDate(on)
        note = Note(effective_on=day, because=because, basis=basis, corrects=corrects, cause=cause)
        return await self.office.give(
            Order(
                context=context, command=name, fields=fields, cmd=uuid5(NAMES, f"story:{step}"), actor=who,
                caller=CALLER, stream=stream, note=note, client_named=True,
            )
        )  # fmt: skip

    async def react(
        self, step: str, to: StreamId, kind: str, command: str, fields: Mapping[str, object], stream: StreamId, on: date
    ) -> None:
        """What a reaction gives for the first record of a kind in a stream, as it would have given it that day."""
        stored = (await self.office.store.streams([to]))[to]
        cause = next(EventName.at(to, one.version) for one in stored if one.type == kind)
        await self.say(step, REACTION, command, fields, on=on, stream=stream, cause=cause)

    async def say_each(self, act: str, context: str, stream: StreamId, steps: Sequence[Step]) -> None:
        """Several steps of one act, on one stream, in order."""
        for name, who, command, fields, day in steps:
            await self.say(f"{act}:{name}", who, f"{context}.{command}", fields, on=day, stream=stream)

    def actor(self, member: str, role: Role) -> Actor:
        return self.actors[member, role]

    async def accredit(self, member: str, role: Role, by: Actor, since: date) -> None:
        """Lets somebody act for a member; the name is sealed, and invented."""
        unit = self.units[member]
        fields = {"role": role, "name": f"Sample person ({role.replace('_', ' ')})", "valid_from": since}
        step = f"accredit:{member}:{role}"
        try:
            answer = await self.say(step, by, "units.accredit", fields, stream=StreamId(unit))
            name = EventName.at(answer.stream, answer.version)
        except CommandReused:
            name = await self._erased(uuid5(NAMES, f"story:{step}"))
        self.actors[member, role] = Actor(unit=unit, role=role, accreditation=name)

    async def _erased(self, subject: UUID) -> EventName:
        """The accreditation of somebody whose name was erased since: nobody can say it again in the same words."""
        erasure = erasure_stream(subject)
        if not (await self.office.store.streams([erasure]))[erasure]:
            raise CommandReused(f"The story's command {subject} was given before, for something else.")
        (record,) = await self.office.store.records_of(subject)
        return EventName.at(record.stream, record.version)

    async def state(self, stream: StreamId) -> Commitment:
        _, state = await self.office.states.state("commitments", stream)
        assert isinstance(state, Commitment), "it was proposed before"
        return state

    async def deadline(self, stream: StreamId, kind: Due, about: int | None = None) -> int:
        """The number of the first deadline of a kind; the clock may have set others in between."""
        deadlines = (await self.state(stream)).deadlines
        return next(n for n, one in enumerate(deadlines, 1) if one.kind is kind and one.about == about)

    async def let_time_pass(self, context: str, stream: StreamId) -> None:
        """Records every deadline that had passed when the ledger was opened, dated as the clock would."""
        number = 0
        while number < len(await self._deadlines(context, stream)):
            number += 1
            one = (await self._deadlines(context, stream))[number - 1]
            if one.standing is Standing.OPEN and one.due_on < self.today:
                passed = f"{context}.{self.office.contexts[context].clock}"
                await self.say(
                    f"passed:{stream}:{number}", CLOCK, passed, {"deadline": number},
                    on=one.due_on + timedelta(days=1), stream=stream,
                )  # fmt: skip

    async def _deadlines(self, context: str, stream: StreamId) -> Sequence[Any]:
        _, state = await self.office.states.state(context, stream)
        found: Sequence[Any] = state.deadlines
        return found
