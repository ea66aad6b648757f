"""Which commands a thing admits as it stands: the rules are asked about a command of which nothing is said yet."""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from typing import Any, NoReturn, get_type_hints
from uuid import UUID

from domain.kernel import Actor, Context, Refused, StreamId
from services.deciding import Decision, Desk, Plan
from services.facts import Basis, Find
from services.orders import Forbidden, Note, Order
from services.sealing import NOTHING_SEALED
from services.writing import plain

REASONS = Note(because="They are given with the command.")
NO_ID, NOBODY = UUID(int=0), ""
"""Nothing is recorded, so it is nobody's, and has no id."""


class Unsaid(Exception):
    """A rule looked at what nobody has said yet: what it says depends on that."""


def _looked_at(*_: object, **__: object) -> NoReturn:
    raise Unsaid


class _Blank:
    """Stands for what nobody has said yet. It can be handed on; whoever looks at it raises Unsaid."""

    __slots__ = ()
    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _looked_at
    __len__ = __iter__ = __contains__ = __getitem__ = __getattr__ = __str__ = __format__ = _looked_at
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _looked_at
    __neg__ = __abs__ = __int__ = __index__ = __float__ = __round__ = _looked_at


BLANK: Any = _Blank()


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether a command may be given as things stand, as far as that depends on nothing that it says; else why not."""

    may: bool
    why: str = ""


MAY = Prospect(may=True)
ALREADY = Prospect(may=False, why="It is so already.")


class _Blankly(Decision):
    """Decides on what is there. What is looked up by something that is not said is not said either."""

    async def _complete(self, basis: Basis) -> Any:
        basis.effective_on = await self._by_default(basis)
        given = {name: await _found(basis, find, note.of) for name, (find, note) in self.plan.given.items()}
        return self.plan.by.command(**{**self.order.fields, **given})


async def _found(basis: Basis, find: Find, of: str) -> Any:
    try:
        return await find(basis, of)
    except Unsaid:
        return BLANK


async def prospect(desk: Desk, context: Context, command: str, actor: Actor, stream: StreamId) -> Prospect:
    """What the rules say before anything is said: a no, if it is the same whatever will be said.

    `stream`: a thing that is there, of that context. A rule that looks at a field has not spoken yet, so what may be
    given with the right fields is never called a no, as things stand today.
    """
    plan, said = Plan.of(context.commands[command]), None
    for blank in _blanks(plan):
        order = Order(context.name, command, blank, NO_ID, actor, NOBODY, stream, REASONS)
        try:
            found = ALREADY if not (await _Blankly(desk, plan, order, stream, NOTHING_SEALED).drafted()).events else MAY
        except (Unsaid, TypeError):  # what cannot be written as it is blank was decided
            found = MAY
        except (Refused, Forbidden) as no:
            found = Prospect(may=False, why=no.reason)
        if found.may:
            return MAY
        said = said or found
    return said or MAY


def _blanks(plan: Plan) -> Iterator[Mapping[str, Any]]:
    """Ways to say nothing: what may be left out is left out or not, and each word of ours may be meant.

    Rules compare such words by identity, and what stands for them has none of theirs.
    """
    hints = get_type_hints(plan.by.command, include_extras=True)
    asked = [one for one in fields(plan.by.command) if one.name not in plan.given]
    blank = {one.name: BLANK for one in asked}
    for begun in ({one.name: one.default for one in asked if one.default is not MISSING}, {}):
        yield blank | begun
        for one in asked:
            kind, _, _ = plain(hints[one.name])
            if isinstance(kind, type) and issubclass(kind, Enum):
                yield from (blank | begun | {one.name: word} for word in kind)
