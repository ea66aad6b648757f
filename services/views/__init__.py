"""Views as tables: made from their row's dataclass, read now, as of any position, and for a day in law."""
