"""Subsidiarity: which sphere should act, asked twice.

`reviews`: before a draft is adopted, parliaments say whether its aim could be reached as well closer to the citizen.
This is Protocol No 2 on the application of the principles of subsidiarity and proportionality, with its eight weeks,
its votes and cards, and its August; and whatever else a `scrutiny` policy says (`reviews/protocol.py` has the
arithmetic). `allocations`: for a matter in a territory, which sphere is to act on it, with a grid from every sphere
concerned (European Charter of Local Self-Government, art. 4(3)).
"""

from domain.subsidiarity.allocations import ALLOCATIONS
from domain.subsidiarity.reviews import REVIEWS, review_facts

__all__ = ["ALLOCATIONS", "REVIEWS", "review_facts"]
