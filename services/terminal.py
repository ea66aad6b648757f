"""Texts of others on a terminal: they are shown, and nothing in them is obeyed."""

import re

_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and line feed; and what turns a line round, so that it reads otherwise; and halves of
characters, which no terminal is sent."""


def harmless(text: str) -> str:
    """A text in which whatever a terminal would obey is written out: an escape as `\\x1b`. Lines stay lines."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def on_one_line(text: str) -> str:
    """As `harmless`; and a text that stands within a line of ours begins none of its own."""
    return harmless(text).replace("\t", "\\t").replace("\n", "\\n")
