"""Histories as records, from the scenarios of the domain's tests: a short one for each type of event that is wanted."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import pytest

from domain.kernel import Actor, Context, PartialDate, Role, StreamId, UnitFacts, UnitId
from domain.units.events import UnitRegistered
from services.codec import Codec, Heading
from services.names import NAMES
from services.store.ports import Draft
from tests.domain.commitment_stories import DAY, words
from tests.domain.scenario import Given, Outcome
from tests.projections.register import registered


@dataclass(frozen=True, slots=True)
class Story:
    """One stream of a scenario, and who gave the command that came last."""

    context: Context
    events: tuple[Any, ...]
    actor: Actor


def retold(name: str, wanted: set[type], tests: Sequence[str]) -> list[bytes]:
    """The lines of a history that has each type that is wanted. Exits where the tests' scenarios lack one."""
    stories = _shortest(wanted, heard(tests))
    if lacking := wanted.difference(*(map(type, story.events) for story in stories)):
        raise SystemExit(f"No scenario of these tests has {', '.join(sorted(one.__name__ for one in lacking))}.")
    return [line for number, story in enumerate(stories) for line in _told(name, number, story)]


def heard(tests: Sequence[str]) -> list[Story]:
    """The scenarios of these tests, which are run for it."""
    stories: list[Story] = []
    when = Given.when

    def listened(told: Given, command: Any) -> Outcome:
        outcome = when(told, command)
        stories.append(Story(told.context, (*told.history, *outcome.events), _giving(command)))
        return outcome

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Given, "when", listened)
        pytest.main(["-q", "-W", "ignore::pytest.PytestAssertRewriteWarning", *tests])
    return stories


def _giving(command: Any) -> Actor:
    acting = getattr(command, "acting", None)
    if isinstance(acting, UnitFacts):
        return Actor(acting.id, Role.LIAISON_OFFICER, acting.sphere)
    return Actor(system="clock")


def _shortest(wanted: set[type], stories: Sequence[Story]) -> list[Story]:
    """The shorter come first; one that has nothing new is left out."""
    chosen, missing = list[Story](), set(wanted)
    for story in sorted(stories, key=lambda one: len(one.events)):
        if not missing.isdisjoint(map(type, story.events)):
            chosen.append(story)
            missing.difference_update(map(type, story.events))
    return chosen


def _told(name: str, number: int, story: Story) -> Iterator[bytes]:
    """One story on a day of its own, by units that no other story has, which are entered first."""
    stream = next((one.unit for one in story.events if isinstance(one, UnitRegistered)), uuid5(NAMESPACE_URL, name))
    drafts = _drafts(StreamId(stream), story.events, story)
    units = {unit for draft in drafts for unit in draft.units} - {stream}
    entered = [
        draft
        for unit in sorted(units)
        for draft in _drafts(StreamId(unit), [replace(registered, unit=UnitId(unit), name=words(f"{unit}"))], story)
    ]
    at = (DAY + timedelta(days=number)).isoformat().encode()
    for draft in (*entered, *drafts):
        yield _own(_line(draft, at), {*units, stream}, f"{name}/{number}")


def _drafts(stream: StreamId, events: Sequence[Any], story: Story) -> Sequence[Draft]:
    heading = Heading(cmd=stream, actor=story.actor, effective_on=PartialDate(DAY), rules=story.context.rules)
    return Codec("fixed", NAMES).drafts(stream, 1, events, heading, {"name": "told"})


def _line(draft: Draft, at: bytes) -> bytes:
    assert draft.tail is not None
    return draft.head + b'"at":"' + at + b'T12:00:00Z"' + draft.tail + b"\n"


def _own(line: bytes, ids: set[UUID], story: str) -> bytes:
    for one in ids:
        line = line.replace(str(one).encode(), str(uuid5(NAMESPACE_URL, f"{story}/{one}")).encode())
    return line
