"""given / when / then for any context: `scenario(CONTEXT).given(offered).when(accept).then(accepted)`."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from domain.kernel import Context, Refused


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a command: events, or a refusal."""

    events: Sequence[Any] = ()
    refused: Refused | None = None

    def then(self, *events: Any) -> None:
        assert self.refused is None, f"refused: {self.refused}"
        assert tuple(self.events) == events

    def then_refused(self, code: str) -> Refused:
        assert self.refused is not None, f"accepted: {self.events}"
        assert self.refused.code == code
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


def scenario(context: Context) -> Given:
    return Given(context)
