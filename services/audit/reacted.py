"""Whether what the register says it did for a record's sake follows from that record: the reaction is asked again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any
from uuid import UUID

from domain.kernel import Context, EventName, Recorded
from services.codec import Codec
from services.orders import Order
from services.reactions import REACTIONS, Found, Reaction, Then, only
from services.store.ports import StoredRecord
from services.working.leaning import LEANING, Lean, leans

UNITS = "units"
"""What a reaction says of a unit's end depends on what is known of the unit when it looks; else on terms that stay."""


class Reacted:
    """Keeps the records to which something reacts, and who leans on what; see `services.reacting`.

    The register looked at some moment between the record and what it did. So every state of a unit since the record
    counts, and whoever has come to lean on a thing by now.
    """

    def __init__(
        self,
        codec: Codec,
        homes: Mapping[type, Context],
        now: Callable[[str, UUID], tuple[int, Any]],
        reactions: Sequence[Reaction] = REACTIONS,
    ) -> None:
        self._codec, self._homes, self._now = codec, homes, now
        self._contexts = {context.name: context for context in homes.values()}
        self._to: dict[type, list[Reaction]] = {}
        for reaction in reactions:
            for kind in reaction.to:
                self._to.setdefault(kind, []).append(reaction)
        self._heard = {*self._to, *LEANING}
        self._leans: set[Lean] = set()
        self._causes: dict[EventName, tuple[Recorded, int]] = {}
        self._since: dict[UUID, list[Any]] = {}

    def note(self, records: Sequence[StoredRecord], events: Sequence[Any]) -> None:
        """All records of a command, which are folded already."""
        stream = records[0].stream
        if stream in self._since:
            self._since[stream].append(self._now(UNITS, stream)[1])
        for record, event in zip(records, events, strict=True):
            if type(event) in self._heard:
                self._leans.update(leans(stream, event))
                if type(event) in self._to:
                    self._keep(self._codec.decode(record))

    def _keep(self, cause: Recorded) -> None:
        if self._homes[type(cause.event)].name == UNITS and cause.stream not in self._since:
            self._since[cause.stream] = [self._now(UNITS, cause.stream)[1]]
        self._causes[cause.name] = cause, len(self._since.get(cause.stream, ())) - 1

    def fault(self, first: Recorded, order: Order) -> str | None:
        """Why the command does not follow from the record that it names as its cause; None where it does."""
        assert first.cause is not None, "what reactions give has a cause"
        cause, since = self._causes.get(first.cause, (None, 0))
        if cause is None:
            return "Nothing follows from the record that is named as its cause."
        for reaction in self._to[type(cause.event)]:
            # Whom it met at the append no reaction says: the rules look at each, and what is claimed is claimed again.
            asked = {name: value for name, value in order.fields.items() if name != reaction.beside}
            who = (first.stream, *(value for value in asked.values() if isinstance(value, UUID)))
            said = self._said(reaction, cause, since, first.stream, who)
            if any(self._is_said(then, first, order, asked) for then in said):
                return None
        return "No reaction to its cause gives this command."

    def _said(
        self, reaction: Reaction, cause: Recorded, since: int, stream: UUID, who: Sequence[UUID]
    ) -> Iterator[Then]:
        """What it says to a stream, by each state of the cause's own in which it may have looked.

        `who`: those that the command is for or names; that others lean as well makes it no other command.
        """
        leaning = {one: self._leaner(one) for one in who if (cause.stream, reaction.manner, one) in self._leans}
        home = self._homes[type(cause.event)].name
        for state in self._since.get(cause.stream, [self._now(home, cause.stream)[1]])[since:]:
            if (then := only(reaction.then(cause, Found(state, leaning)), stream)) is not None:  # type: ignore[arg-type]
                yield then

    def _leaner(self, stream: UUID) -> Any:
        found = ((name, self._now(name, stream)[1]) for name in ("mandates", "commitments"))
        return next(state for name, state in found if state != self._contexts[name].decider.initial)

    def _is_said(self, then: Then, first: Recorded, order: Order, asked: Mapping[str, Any]) -> bool:
        kind = self._contexts[order.context].commands[order.command].command
        defaults = {one.name: one.default for one in fields(kind) if one.default is not MISSING}
        said = {name: value for name, value in defaults.items() if name in asked} | dict(then.fields)
        return (then.context, then.command, then.effective_on, said) == (
            order.context,
            order.command,
            first.effective_on,
            asked,
        )
