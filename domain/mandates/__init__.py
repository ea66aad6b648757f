"""Mandates: what one unit entrusts to another, and who holds which competence when. One stream is one mandate."""

from domain.mandates.context import MANDATES
from domain.mandates.state import facts

__all__ = ["MANDATES", "facts"]
