"""The sample story of a demo ledger: a climate commitment of a city, a region and a state, and what came of others.

Units, laws and published targets are real and named with their source; that these bodies dealt with them here, in this
register, is told for the demonstration, and every unit and commitment says so. Told through the same commands as
everything else: each step has a fixed command id, so that a start that was killed continues where it stopped.
"""

from services.story.telling import Story, tell

__all__ = ["Story", "tell"]
