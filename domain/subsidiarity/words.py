"""Words that reviews and allocations share."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from domain.kernel import Says, Sphere, Text, Whole, Words

DECIMAL = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,9})?"

Title: TypeAlias = Annotated[Words, Text(at_most=300)]
Prose: TypeAlias = Annotated[Words, Text(at_most=4000)]
Citation: TypeAlias = Annotated[str, Text(at_most=500)]
Number: TypeAlias = Annotated[int, Whole(1, 10_000)]

SPHERES_BY_NEARNESS = (Sphere.LOCAL, Sphere.REGIONAL, Sphere.NATIONAL)
"""Nearest to the citizen first. It ranks nobody: it says where a task stays unless there are grounds."""


@dataclass(frozen=True, slots=True)
class Document:
    """A document that is kept elsewhere, and the hash that tells whether it is still the same."""

    title: Annotated[Title, Says("What the document is called.")]
    url: Annotated[
        str, Text(at_most=1000, form=r"https?://\S+"), Says("Where it can be read.", "https://example.org/plan.pdf")
    ]
    sha256: Annotated[str | None, Text(at_most=64, form=r"[0-9a-f]{64}"), Says("SHA-256 of its bytes, in hex.")] = None


@dataclass(frozen=True, slots=True)
class Indicator:
    """What can be observed: qualitative, or with a value where there is one (Protocol No 2, art. 5)."""

    measure: Annotated[Words, Text(at_most=500), Says("What is observed, for people.")]
    value: Annotated[str | None, Text(at_most=30, form=DECIMAL), Says("Its value, a decimal number.", "12.5")] = None
    unit: Annotated[
        str | None, Text(at_most=60), Says("The unit of measure.", "% of households", "unit of measure")
    ] = None


def nearness(sphere: Sphere) -> int:
    """How near to the citizen a sphere with authority is: 0 is nearest."""
    return SPHERES_BY_NEARNESS.index(sphere)
