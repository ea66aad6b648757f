"""Texts of others in a cell: they are shown, and no spreadsheet reckons with them."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are wide ones, which spreadsheets in East Asia take for the same."""


def neutral(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe (OWASP)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell
