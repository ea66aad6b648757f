"""Views for a day: what held in law on it, and columns that depend on it."""

import random
import re
from collections.abc import Sequence
from datetime import date, timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.kernel import PartialDate, Recorded, Words
from projections.views import VIEWS
from services.views.connections import opened_views
from services.views.ports import Query
from services.views.tables import Table
from tests.services.projecting import caught_up, projector
from tests.services.views_sample import (
    BEGUN,
    SAMPLE,
    TREES,
    Felled,
    Grove,
    Planted,
    Replanted,
    grown,
    stream,
)

# --- what held in law, against the plain meaning of it ---


@pytest.mark.parametrize("replanted", [False, True], ids=["as planted", "planted on another day"])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6))
async def test_valid_at_is_the_fold_of_what_counted_by_then(migrated_url: str, replanted: bool, seed: int) -> None:
    grove = grown_anew(seed) if replanted else grown(seed, 50)
    async with projector(migrated_url, grove, batch=17) as running:
        await caught_up(running)
    async with opened_views(migrated_url, SAMPLE) as views:
        for as_of, days in ((49, 0), (49, 12), (49, 30), (30, 3), (30, -10), (20, -10)):
            day = BEGUN.date() + timedelta(days=days)
            page = await views.page("trees", Query(valid_at=day, as_of=as_of))
            shown = {found["key"]: found["last"] for found in map(msgspec.json.decode, page.items)}
            assert shown == meant(grove, day, as_of)
            for number in range(8):
                row, _ = await views.one("trees", str(stream(number)), valid_at=day, as_of=as_of)
                assert (msgspec.json.decode(row)["last"] if row else None) == shown.get(str(stream(number)))
    connection = await asyncpg.connect(migrated_url)
    await connection.execute("drop schema views cascade; create schema views; grant all on schema views to public")
    await connection.close()


def grown_anew(seed: int) -> Grove:
    """The same, but of every third record it is said instead that a tree was planted on another day."""
    grove, rng = Grove(), random.Random(seed)
    for one in grown(seed, 50, trees=4).recorded:
        day = BEGUN.date() + timedelta(days=rng.randrange(-20, 40))
        event = Replanted(day) if one.position % 3 == 2 else one.event
        grove.add(one.stream.int - 1, event, one.effective_on)
    return grove


def meant(grove: Grove, day: date, as_of: int) -> dict[str, str]:
    """key -> the record that a tree's row shows, folded by hand."""
    last: dict[str, str] = {}
    known = [one for one in grove.recorded if one.position <= as_of and type(one.event) in TREES.touched_by]
    for counts, _, one in sorted(((counted(one, known), one.position, one) for one in known), key=itemgetter(0, 1)):
        key = str(one.stream)
        if counts > day:
            continue
        if isinstance(one.event, Planted) or key in last:
            last[key] = one.name
        if isinstance(one.event, Felled):
            last.pop(key, None)
    return last


def counted(one: Recorded, known: Sequence[Recorded]) -> date:
    """From when a record counts, after all that is known: nothing before the tree was planted."""
    own = [other for other in known if other.stream == one.stream]
    day = one.effective_on.earliest() or one.at.date()
    said = [other.event.day for other in own if isinstance(other.event, Replanted)]
    if not said:
        return day
    return said[-1] if one is own[0] else max(day, said[-1])


# --- columns that depend on the day: `of` and `sql` mean the same ---


@pytest.mark.parametrize("view", [view for view in (*VIEWS, TREES) if view.computed], ids=lambda view: view.name)
async def test_computed_columns_mean_the_same_in_sql(migrated_url: str, view: Any) -> None:
    table, day, uuid = Table(view), date(2026, 6, 15), UUID(int=3)
    rows = {f"k{number:03}": row for number, row in enumerate(sampled(view, day, uuid))}
    connection = await asyncpg.connect(migrated_url)
    for statement in table.create("sampled"):
        await connection.execute(statement)
    await connection.copy_records_to_table(
        "sampled", schema_name="views", columns=table.columns,
        records=[table.version(key, 0, None, row, b"{}") for key, row in rows.items()],
    )  # fmt: skip
    for one in view.computed:
        found = await connection.fetch(f"select key, {one.sql.replace('{day}', '$1::date')} from views.sampled", day)
        assert {row[0]: row[1] for row in found} == {key: one.of(row, day) for key, row in rows.items()}
    await connection.close()


def sampled(view: Any, day: date, uuid: UUID) -> list[Any]:
    """Rows with every combination of the dates around the day and of the states."""
    import itertools
    from enum import StrEnum
    from typing import get_type_hints

    from services.writing import plain

    hints = {name: plain(hint) for name, hint in get_type_hints(view.row, include_extras=True).items()}
    fixed, varied = dict[str, Any](), dict[str, list[Any]]()
    used = " ".join(one.sql for one in view.computed)
    for name, (kind, _, optional) in hints.items():
        if kind is date:
            values: list[Any] = [day - timedelta(days=1), day, day + timedelta(days=31)]
        elif isinstance(kind, type) and issubclass(kind, StrEnum):
            values = list(kind)
        else:
            values = [_sample(kind, uuid)]
        values = [*values, None] if optional else values
        if name in re.findall(r"\w+", used):
            varied[name] = values
        else:
            fixed[name] = values[0]
    combinations = itertools.product(*varied.values())
    return [view.row(**fixed, **dict(zip(varied, values, strict=True))) for values in combinations]


def _sample(kind: Any, uuid: UUID) -> Any:
    if kind is UUID:
        return uuid
    if kind is Words:
        return Words({"en": "x"})
    if kind is PartialDate:
        return PartialDate("2026")
    if kind in (int, bool, str):
        return kind()
    return () if not isinstance(kind, type) else None
