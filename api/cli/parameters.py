"""What several verbs take: a moment of the ledger, the folder of a bundle, a verification key."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from domain.ledger import notes
from domain.ledger.notes import ED25519, BadKey, VerifierKey

F = TypeVar("F", bound=Callable[..., Any])
FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)

if TYPE_CHECKING:
    MomentParameter = click.ParamType[int | datetime]
    KeyParameter = click.ParamType[VerifierKey]
else:
    MomentParameter = KeyParameter = click.ParamType


class Moment(MomentParameter):
    """A position of the ledger, or a date or time."""

    name = "POSITION|TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | datetime:
        if isinstance(value, (int, datetime)):
            return value
        if value.isdecimal():
            return int(value)
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a position nor a time like 2026-11-24T12:00:00Z.", param, ctx)
        if len(value) == 10:  # a date means its end, as in the API
            moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


class Key(KeyParameter):
    """A verification key, or a file that holds one."""

    name = "VKEY"

    def __init__(self, kind: int = ED25519) -> None:
        self.kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> VerifierKey:
        if isinstance(value, VerifierKey):
            return value
        text = value
        if "+" not in value:
            if not Path(value).is_file():
                self.fail(f"{value!r} is no key (name+id+key), and there is no such file.", param, ctx)
            text = Path(value).read_text(encoding="utf-8", errors="replace").strip()
        try:
            return notes.parse_key(text, self.kind)
        except BadKey as error:
            self.fail(str(error), param, ctx)


def key_option(*, required: bool = True) -> Callable[[F], F]:
    says = "The ledger's verification key, or a file with it. Get it from people, not from the server you check."
    return click.option("--key", type=Key(), required=required, help=says)


def is_url(text: str) -> bool:
    return re.match(r"https?://", text) is not None
