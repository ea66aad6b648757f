"""The card of a territory as JSON: the same from the views' tables and from an auditor's copy."""

from typing import Any

import msgspec

from projections.scorecards import COUNTS
from projections.territories import Card

FIGURES = (*COUNTS, "kept")
"""The columns of a scorecard that a territory has, too."""


def written(card: Card) -> bytes:
    """The card as JSON, like that of a scorecard: what is None is absent."""
    row = card.row
    whole: dict[str, Any] = {"key": row.unit, "unit": row.unit, "title": row.title, "sphere": row.sphere}
    whole |= {name: number for name in FIGURES if (number := card.figures[name]) is not None}
    return msgspec.json.encode(whole | {"inputs": row.inputs})
