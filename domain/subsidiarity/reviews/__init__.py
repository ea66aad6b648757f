"""Reviews: ex-ante scrutiny of drafts. One stream is one draft, from opening to conclusion.

The model is Protocol No 2 to the treaties of the European Union, its weeks, votes and cards; other polities' are other
policies.
"""

from domain.subsidiarity.reviews.context import REVIEWS
from domain.subsidiarity.reviews.state import review_facts

__all__ = ["REVIEWS", "review_facts"]
