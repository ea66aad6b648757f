"""How a shipped value says what it rests on."""

from typing import TypeAlias

Said: TypeAlias = tuple[str, str]
"""A value and its citation; a default where the citation is empty or unread."""

UNREAD = "unread: "
"""Before the instrument that a default is believed to follow, until somebody has read it."""
