"""Texts as they are sorted and searched: without case and accents."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

KEPT = 100
"""Characters of a text that count for its place in an order, and of a word that is searched."""
WORDS = 2000
"""Words of one row that are searched."""

# Letters that have no decomposition, and are typed without their stroke, or as two.
_STROKES = str.maketrans({"æ": "ae", "œ": "oe"} | dict(zip("øłđħŧıð", "oldhtid", strict=True)))
_WORD = re.compile(r"[^\W_]+")
_UNSPACED = re.compile("([\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]+)")
"""Chinese and Japanese, which are written without blanks: nobody can tell where a word begins without a dictionary."""
EVERY_KIND = "Évry-sur-Øst, Łódź, Đà, Ħaż-Żebbuġ, ŧŧ, Iğdır, Ærø, Cœuvres, Garðabær, Straße; 東京都の水道とﾃﾚﾋﾞ"
"""A text that has every kind of letter that is folded: tables are made anew where other words come of it."""


def folded(text: str) -> str:
    """Case and accents taken away: `Évry-sur-Øst` becomes `evry-sur-ost`."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(letter for letter in apart if not unicodedata.combining(letter))
    return bare.casefold().translate(_STROKES)


@lru_cache(4096)
def _sorting(text: str) -> str:
    return folded(text)[:KEPT]


def sorting(text: str) -> str:
    """What a text is sorted by. Every version of a row has its names again."""
    return _sorting(text[:KEPT])


def words_of(texts: Iterable[str]) -> str:
    """The words of some texts, each once, with a space between them."""
    found: dict[str, None] = {}
    for text in texts:
        found |= _known(text) if len(text) <= KEPT else _words(text)
        if len(found) > WORDS:
            return " ".join(list(found)[:WORDS])
    return " ".join(found)


def _words(text: str) -> dict[str, None]:
    bare = folded(text)
    if bare.isascii():  # most are, and no word of them is many
        return dict.fromkeys([word[:KEPT] for word in _WORD.findall(bare)])
    bare = _UNSPACED.sub(r" \1 ", bare)
    return {piece[:KEPT]: None for word in _WORD.findall(bare) for piece in _pieces(word)}


def _pieces(word: str) -> Iterable[str]:
    """The word; of what may be many words, each sign with the next one, and the last alone.

    So whatever stands in it is found: its pairs are among these, and each of its signs begins one of them.
    """
    if not _UNSPACED.match(word):
        return (word,)
    return (word[place : place + 2] for place in range(len(word)))


_known = lru_cache(4096)(_words)
"""Many rows have the same names."""


def asked(q: str) -> str | None:
    """The query for what somebody typed: every word, each as the beginning of one; None where there is no word."""
    words = words_of([q]).split()
    return " & ".join(f"'{word}':*" for word in words) or None
