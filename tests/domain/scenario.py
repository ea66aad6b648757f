"""given / when / then for any context: `scenario(CONTEXT).given(offered).when(accept).then(accepted)`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, is_dataclass
from typing import Any, get_args, get_type_hints

import pytest

from domain.kernel import Context, Refused
from domain.kernel import Given as LookedUp
from services.orders import Note
from services.writing import plain


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: events, or a refusal."""

    events: Sequence[Any] = ()
    refused: Refused | None = None

    def then(self, *events: Any) -> None:
        assert self.refused is None, f"refused: {self.refused}"
        assert tuple(self.events) == events

    def then_refused(self, code: str, *fields: str) -> Refused:
        """`fields`: those that it names, where some are given."""
        assert self.refused is not None, f"accepted: {self.events}"
        assert self.refused.code == code
        assert tuple(self.refused.fields) == fields or not fields
        assert self.refused.reason.strip().endswith((".", "?")), "a refusal is a sentence for people"
        return self.refused

    def then_nothing_happens(self) -> None:
        self.then()


@dataclass(frozen=True, slots=True)
class Given:
    """A history, and the context whose rules apply to it."""

    context: Context
    history: Sequence[Any] = field(default=())

    def given(self, *events: Any) -> "Given":
        return Given(self.context, (*self.history, *events))

    @property
    def state(self) -> Any:
        return self.context.decider.fold(self.history)

    def when(self, command: Any) -> Outcome:
        try:
            events = self.context.decider.decide(command, self.state)
        except Refused as refused:
            for name in refused.fields:
                assert leads(type(command), name.split(".")) or leads(Note, [name]), f"no {name} in {type(command)}"
            return Outcome(refused=refused)
        self.context.decider.fold([*self.history, *events])
        return Outcome(events=events)

    def after(self, *commands: Any) -> "Given":
        """The history that these commands make; each must be accepted."""
        reached = self
        for command in commands:
            outcome = reached.when(command)
            if outcome.refused is not None:
                pytest.fail(f"{command} was refused: {outcome.refused}")
            reached = reached.given(*outcome.events)
        return reached


def leads(kind: Any, steps: Sequence[str]) -> bool:
    """Whether these steps lead through what a request says to one of its fields; items are named by their places."""
    if not steps:
        return True
    if steps[0].isdigit():
        return bool(get_args(kind)) and leads(plain(get_args(kind)[0])[0], steps[1:])
    if not is_dataclass(kind) or steps[0] not in (hints := get_type_hints(kind, include_extras=True)):
        return False
    of, notes, _ = plain(hints[steps[0]])
    return not any(isinstance(note, LookedUp) for note in notes) and leads(of, steps[1:])


def scenario(context: Context) -> Given:
    return Given(context)
