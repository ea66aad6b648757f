"""Codes of classifications that the world shares, and what each of them is called."""

from collections.abc import Mapping

from api.tongues import ENGLISH, Tongue
from domain import cofog, sdg

CODES: Mapping[str, Mapping[str, str]] = {
    "sdg": {
        code: sdg.NAMES[goal]
        for goal in sdg.GOALS
        for code in (goal, *(one for one in sdg.TARGETS if sdg.goal_of(one) == goal))
    },
    **dict.fromkeys(("function", "functions", "division"), cofog.NAMES),
}
"""Fields with such a code, and what each code of theirs is called; a target as its goal."""


def named(name: str, spoken: Tongue) -> tuple[str, str]:
    """In the words of whoever has translated the classification; else in English, and that it is."""
    said = spoken.text(name)
    return (name, ENGLISH) if said is None else (said, "")
