"""What people choose from in a form, in the place of numbers and codes that nobody knows by heart."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from api.classified import CODES, named
from api.codes import codes
from api.languages import best
from api.officers.fields import Node, Option
from api.past import Told
from api.people import words_of
from api.tongues import READER

NUMBERED: Mapping[str, tuple[str, ...]] = {
    "milestone": ("milestone-added",),
    "report": ("progress-reported",),
    "deadline": ("deadline-set",),
    "extension": ("extension-requested",),
    "amendment": ("amendment-proposed",),
    "assessment": (
        "verifiability-assessed", "potential-assessed", "completion-assessed", "early-results-assessed",
    ),
    "evidence": ("evidence-attached",),
    "objection": ("objection-lodged",),
    "targets": ("target-set",),
    "milestones": ("milestone-added",),
    "proposal": ("allocation-proposed",),
    "dependency": ("commitment-dependency-declared",),
    "rests_on": ("grid-submitted",),
}  # fmt: skip
"""Fields with the number of something in the thing, or lists in whose items `number` is one: and by which records."""
NAMED: Mapping[str, tuple[str, ...]] = {"accreditation": ("representative-accredited",)}
"""Fields with the name of a record of the thing, and which records these are."""
LENGTH = 120
"""Characters that a choice says at most."""
_UNSAID = frozenset({"number", "policy", "calendar", "starts_on", "url", "sha256", "len", "mime", "asked", "sphere"})


def offer(root: Node, told: Sequence[Told], names: Mapping[str, str], wanted: Sequence[str]) -> None:
    """Puts beside each field of a form what may be chosen for it. `told`: all the thing's history, or nothing."""
    for node in root.walk():
        if node.leaf is None:
            continue
        if node.step in CODES and "pattern" in node.leaf.document:
            node.options = [_coded(code, name) for code, name in CODES[node.step].items()]
        elif kinds := numbered(node):
            found = _recorded(told, kinds)
            node.options = [
                Option(str(one.data["number"]), _choice(one.data["number"], one, names, wanted)) for one in found
            ]
        elif node.step in NAMED:
            found = _recorded(told, NAMED[node.step])
            node.options = [Option(one.name, _choice(one.version, one, names, wanted)) for one in found]


def _coded(code: str, name: str) -> Option:
    said, lang = named(name, READER.get().tongue)
    return Option(code, f"{code} {said}", lang)


def numbered(node: Node) -> Sequence[str]:
    """The records by which what a field asks the number of came to have one; none where it asks for none."""
    if node.leaf is None or node.leaf.document["type"] != "integer":
        return ()
    steps = [one for one in node.name.split(".") if not one.isdecimal()]
    return NUMBERED.get(steps[-2] if steps[-1] == "number" and len(steps) > 1 else steps[-1], ())


def records(told: Sequence[Told], names: Mapping[str, str], wanted: Sequence[str]) -> Sequence[tuple[str, str]]:
    """Every record of the thing by its name, for who corrects one."""
    label = READER.get().tongue.label
    return [(one.name, f"{_choice(one.version, one, names, wanted)} ({label(one.type)})") for one in told]


def _recorded(told: Sequence[Told], kinds: Sequence[str]) -> Sequence[Told]:
    return [one for one in told if one.type.partition(".")[0] in kinds]


def _choice(number: int, told: Told, names: Mapping[str, str], wanted: Sequence[str]) -> str:
    spoken = READER.get().tongue
    said = spoken.said(", ").join(_said(told.data, names, wanted)) or str(told.at)
    return f"{number}{spoken.said(': ')}{said if len(said) <= LENGTH else said[:LENGTH] + '…'}"


def _said(value: Any, names: Mapping[str, str], wanted: Sequence[str], name: str = "") -> Iterator[str]:
    """What a record says, in few words."""
    spoken = READER.get().tongue
    if words_of(value):
        yield value[best(value, wanted)]
    elif isinstance(value, dict):
        told = [(inner, one) for inner, one in value.items() if inner not in _UNSAID]
        for inner, one in sorted(told, key=lambda each: not words_of(each[1])):
            yield from _said(one, names, wanted, inner)
    elif isinstance(value, list):
        for one in value:
            yield from _said(one, names, wanted, name)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield f"{spoken.label(name).lower()} {value}"
    elif isinstance(value, str) and value:
        yield names.get(value, spoken.choice(value).lower() if value in codes().get(name, ()) else value)
