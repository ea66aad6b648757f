"""Allocations: which sphere should act on a matter in a territory (domain.md, 3.5). One stream is one question."""

from domain.subsidiarity.allocations.context import ALLOCATIONS

__all__ = ["ALLOCATIONS"]
