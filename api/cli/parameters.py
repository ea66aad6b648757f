"""What several verbs take: a moment of the ledger, the folder of a bundle."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

FOLDER = click.Path(path_type=Path, file_okay=False)

if TYPE_CHECKING:
    Parameter = click.ParamType[int | datetime]
else:
    Parameter = click.ParamType


class Moment(Parameter):
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
