"""Commitments: what units promise one another, alone or across spheres (domain.md, section 3.3).

One stream is one commitment. Nobody is bound without their word: parties accept, terms change when all agree, and what
a registrar read in a published source binds nobody until the unit confirms or amends it.

Later work must bring: handing targets, milestones and open deadlines of an abolished unit to its successor, or closing
them with reasons (domain.md 2, rule 7; until then its deadlines pass and are recorded as missed, and the other parties
amend); commitments that follow from a participation process or an agreement, by a link to it.
"""

from domain.commitments.context import COMMITMENTS, source_stream
from domain.commitments.state import facts

__all__ = ["COMMITMENTS", "facts", "source_stream"]
