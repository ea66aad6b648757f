"""Commitments: what units promise one another, alone or across spheres.

One stream is one commitment. Nobody is bound without their word: parties accept, terms change when all agree, and what
a registrar read in a published source binds nobody until the unit confirms or amends it.

Later work must bring: commitments that follow from a participation process or an agreement, by a link to it.
"""

from domain.commitments.context import COMMITMENTS, source_stream
from domain.commitments.depending import MOST_WAITED_FOR
from domain.commitments.state import facts

__all__ = ["COMMITMENTS", "MOST_WAITED_FOR", "facts", "source_stream"]
