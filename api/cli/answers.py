"""What a register answered to a command, in words: what is recorded, what would be, or why it is not."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.terminal import on_one_line

Said = Mapping[str, Any]


def lines_of(answer: Said, server: str) -> Sequence[str]:
    """Of an answer that says yes."""
    return list(_tried(answer) if answer.get("tried") else _recorded(answer, server))


def _recorded(answer: Said, server: str) -> Iterator[str]:
    stream, version = answer["stream"], answer["version"]
    if not answer["events"]:
        yield f"It was already so: nothing had to be recorded. Stream {stream} is at version {version}."
        return
    positions = answer["receipt"]["positions"]
    at = f"position {positions[0]}" if len(positions) == 1 else f"positions {positions[0]} to {positions[-1]}"
    yield f"Recorded at {at}, {answer['receipt']['at']}."
    yield f"Stream {stream}, version {version}:"
    for position, event in zip(positions, answer["events"], strict=True):
        yield f"  {position}  {event}  {server}/v1/records/{position}"


def _tried(answer: Said) -> Iterator[str]:
    if before := answer.get("recorded_before"):
        yield f"Recorded under this key already, as {', '.join(before)}. Nothing would be."
        return
    if not answer["events"]:
        yield "It is already so: nothing would be recorded."
        return
    yield f"Tried: nothing was recorded. This would be, with the stream at version {answer['version']}:"
    yield from (f"  {event}" for event in answer["events"])
    for one in answer["deadlines"]:
        yield f"  due on {one['due_on']}: {one.get('kind', 'deadline ' + str(one['number']))}"


def problem(said: Said) -> str:
    """Why not: each fault by its field, and for a rule its code, what it rests on, and who could."""
    return "\n".join([f"{said.get('detail') or said.get('title')} ({said.get('code')})", *_more(said)])


def _more(said: Said) -> Iterator[str]:
    for one in said.get("errors", ()):
        place = ".".join(one["pointer"].split("/")[1:]) or one["in"]
        yield on_one_line(f"  {place}: {one['detail']} ({one['code']})")
    if policy := said.get("policy"):
        law = f"; {policy['citation']}" if policy.get("citation") else ""
        yield on_one_line(f"  rule: {policy['policy']}, {policy['parameter']} ({policy['basis']}{law})")
    for title, name in (("who could", "who_could"), ("since then", "what_changed")):
        if said.get(name):
            yield on_one_line(f"  {title}: {', '.join(map(str, said[name]))}")
    for name, fact in said.get("facts", {}).items():
        yield on_one_line(f"  {name}: {fact}")
