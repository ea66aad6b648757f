"""Reviews: ex-ante scrutiny of drafts (domain.md, section 3.4). One stream is one draft, from opening to conclusion."""

from domain.subsidiarity.reviews.context import REVIEWS
from domain.subsidiarity.reviews.state import review_facts

__all__ = ["REVIEWS", "review_facts"]
