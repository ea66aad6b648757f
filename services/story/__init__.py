"""The sample story of a demo ledger: commitments, mandates and subsidiarity of a city, a region, a state and the Union.

Units, laws, published targets and the Union's first yellow card are real and named with their source; that these bodies
dealt with them here, in this register, is told for the demonstration, and says so. Told through the same commands as
everything else: each step has a fixed command id, so that a start that was killed continues where it stopped.
"""

from services.story.telling import Story, tell

__all__ = ["Story", "tell"]
