"""The sheets there are, of units and of commitments: what fields make a row, and how what is held is written as one."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from api.commands import Envelope
from api.schemas import ObjectField
from api.shapes import Part, Request, Shape, listed, parts_of, request_of
from api.sheets.layout import Column, Layout
from domain.commitments import COMMITMENTS
from domain.kernel import By, Many, Role, Says, Text
from domain.units import UNITS
from services.importing.directory import Directory
from services.importing.held import Held
from services.importing.sheet_commitments import FOLLOWING

MOST = Many(0, 100)
FROM_SOURCE = "source"
"""The field that only rows of a published source have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What stands before the fields of the commands."""

    id: Annotated[
        str | None,
        Text(at_most=200),
        Says("The row's id in the register, or what you call it yourself; the same in every edition of the sheet."),
    ] = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One kind of sheet. `own`: the fields of a row; `sourced`: those of one that is from a published source.

    `sorted_by`: columns after which rows stand in order. `not_carried`: what of the register a sheet cannot say.
    `roles`: who may give the commands that begin what its rows speak of.
    """

    name: str
    layout: Layout
    own: Request
    sourced: Request | None
    sorted_by: tuple[str, ...]
    not_carried: str
    roles: frozenset[Role]

    @property
    def required(self) -> tuple[str, ...]:
        """The fields that every row has."""
        both = [self.own, *([self.sourced] if self.sourced else [])]
        return tuple(part.name for part in self.own.parts if all(_requires(one, part.name) for one in both))

    def column(self, name: str) -> Column:
        """A column that there is."""
        found = self.layout.column(name)
        assert found is not None, name
        return found

    def requires(self, column: Column) -> bool:
        """Whether no row is without it."""
        return column.path[0] in self.required and column.required

    def request(self, fields: frozenset[str]) -> Request:
        """What a row with these fields says."""
        if self.sourced is None:
            return self.own
        only = {part.name for part in self.sourced.parts} - {part.name for part in self.own.parts}
        return self.sourced if fields & only else self.own


def _requires(request: Request, name: str) -> bool:
    return any(part.name == name and part.required for part in request.parts)


def _items(name: str, command: type) -> Part:
    """A list, of which each item is a command of its own."""
    parts = parts_of(command)
    request = request_of(f"Sheet{name.capitalize()}", parts)
    of_many = Shape(request.wire, request.build, lambda **options: ObjectField(request.schema, **options))
    says = (command.__doc__ or "").partition("\n")[0]
    return Part(name, listed(parts[0].shape if len(parts) == 1 else of_many, MOST), (), False, says, None)


def _sheet(
    name: str, own: Sequence[Part], sourced: Sequence[Part], sorted_by: Sequence[str], lost: str, *begun: By
) -> Sheet:  # fmt: skip
    title = f"Sheet{name.capitalize()}"
    every = {part.name: part for part in (*own, *sourced)}
    # What both have is told in the words of the unit that says it, rather than those of the registrar who copies it.
    every |= {part.name: replace(every[part.name], says=part.says, example=part.example) for part in own}
    return Sheet(
        name, Layout(tuple(every.values())), request_of(title, own),
        request_of(f"{title}Sourced", sourced) if sourced else None, tuple(sorted_by), lost,
        frozenset(role for by in begun for role in by.roles),
    )  # fmt: skip


def _of_commitments() -> Sheet:
    commands = COMMITMENTS.commands
    counts = next(part for part in parts_of(Envelope) if part.name == "effective_on")
    beside = replace(counts, says="When it counts in law; absent: today.")
    items = [_items(name, commands[command].command) for name, (command, _) in FOLLOWING.items()]
    id_ = parts_of(Named)
    return _sheet(
        "commitments",
        (*id_, *parts_of(commands["propose"].command), *items, beside),
        (*id_, *parts_of(commands["record-from-source"].command), beside),
        ("owner", "ends_on"),
        "who said what, when and in which order, and its proofs; answers of parties, adoption, reports, evidence,"
        " assessments, deadlines; former terms; what other parties pledged; of what a source says and its unit"
        " confirmed, that it did, and what it added",
        commands["propose"], commands["record-from-source"],
    )  # fmt: skip


SHEETS: Mapping[str, Sheet] = {
    "units": _sheet(
        "units", (*parts_of(Named), *parts_of(UNITS.commands["register"].command)), (), ("jurisdiction", "kind"),
        "who recorded what, when and in which order, and its proofs; former names and codes; competences, memberships,"
        " mergers and successors; who is accredited",
        UNITS.commands["register"],
    ),
    "commitments": _of_commitments(),
}  # fmt: skip


def naming(directory: Directory) -> Callable[[UUID], str]:
    """How a unit is named in a cell: by its first code that is its own today, else by its id."""

    def named(unit: UUID) -> str:
        known = directory.units.get(unit)  # type: ignore[call-overload]
        for code in known.identifiers if known else ():
            if (holder := directory.by_code.get(code)) is not None and holder.id == unit:
                return str(code)
        return str(unit)

    return named


class Written(NamedTuple):
    """The header and the rows, and how many rows are not among them, by why."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: Counter[str]


def written(sheet: Sheet, held: Sequence[Held], directory: Directory) -> Written:
    """What is held."""
    left_out = Counter(one.left_out for one in held if one.left_out)
    name_of = naming(directory)
    rows = [_cells(sheet, one, name_of) for one in held if not one.left_out]
    # After what they say and not in the order of the ledger: another one, told the same, writes the same.
    rows.sort(key=lambda row: (*(row.get(name, "") for name in sheet.sorted_by), row["id"]))
    header = sheet.layout.header(name for row in rows for name in row)
    return Written(header, [[row.get(name, "") for name in header] for row in rows], left_out)


def _cells(sheet: Sheet, one: Held, name_of: Callable[[UUID], str]) -> dict[str, str]:
    terms: dict[str, Any] = {"id": str(one.stream), **one.terms}
    request = sheet.request(frozenset({FROM_SOURCE} if terms.get(FROM_SOURCE) else ()))
    return sheet.layout.cells({part.name: terms.get(part.name) for part in request.parts}, name_of)
