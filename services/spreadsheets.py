"""Texts of others in a cell: they are shown, and no spreadsheet reckons with them."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are wide ones, which spreadsheets in East Asia take for the same."""


def neutral(cell: str) -> str:
    """A text that no spreadsheet takes for a formula: one that begins like one gets an apostrophe (OWASP)."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def marked(text: str) -> str:
    """The same for a sheet that is read back: an apostrophe also keeps the blanks at a text's ends."""
    return "'" + text if _needs_mark(text) else text


def unmarked(cell: str) -> str:
    """The text that a cell says: what was marked as it was, anything else without blanks at its ends."""
    return cell[1:] if cell.startswith("'") and _needs_mark(cell[1:]) else cell.strip()


def _needs_mark(text: str) -> bool:
    bare = text.lstrip("'")
    return bare.startswith(_FORMULA) or bare != bare.strip()
