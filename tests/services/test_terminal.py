"""What others wrote, on a terminal."""

import pytest

from services.terminal import harmless


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb\x08c\x7f", r"a\rb\x08c\x7f"),
        ("\x9b2J\x85", r"\x9b2J\x85"),
        ("eno\u202e owt\u2066", r"eno\u202e owt\u2066"),
        ("a\u2028b", r"a\u2028b"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text: str, there: str) -> None:
    assert harmless(text) == there


@pytest.mark.parametrize(
    "text", ["Évry-sur-Œuvre", "東京都", "القاهرة", "נתניה\u200f", "two\n\tlines", "👩\u200d💻", ""]
)
def test_every_writing_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text
