"""Allocations: which sphere should act on a matter in a territory. One stream is one question.

Subsidiarity as in Article 5 of the Treaty on European Union and Article 4 of the European Charter of Local
Self-Government: the sphere closest to the citizen acts, unless another is shown to do better.
"""

from domain.subsidiarity.allocations.context import ALLOCATIONS

__all__ = ["ALLOCATIONS"]
