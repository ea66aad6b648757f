"""Texts as they are sorted and found: without accents, unfinished, and in writings without blanks."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.views import folding
from services.views.folding import asked, folded, sorting, words_of


def test_accents_and_case_do_not_count() -> None:
    assert folded("Évry-sur-ØST, STRASSE straße ﬁ") == "evry-sur-ost, strasse strasse fi"
    assert sorting("É" * 500) == "e" * 100


def test_words_are_found_by_their_beginning() -> None:
    assert words_of(["L'Île-de-France, l'île", "x_y"]) == "l ile de france x y"
    assert asked("Île fra") == "'ile':* & 'fra':*"
    assert asked(" -!' ") is None


@given(st.text())
def test_whatever_is_searched_is_a_query(text: str) -> None:
    words = words_of([text])
    assert folded(words) == words
    assert all(word.isalnum() or any(letter.isalnum() for letter in word) for word in words.split(" ") if words)


@pytest.mark.parametrize("letter", [*map(chr, folding._STROKES), "水", "テ"])
def test_the_text_that_tells_how_texts_are_folded_has_every_kind_of_letter(letter: str) -> None:
    assert folded(letter) in words_of([folding.EVERY_KIND])
    assert letter in unicodedata.normalize("NFKC", folding.EVERY_KIND).casefold()


@pytest.mark.parametrize("q", ["绿色", "绿色学校", "绿", "校", "学校 LYON", "為"])
def test_words_that_are_written_without_blanks_are_found_wherever_they_stand(q: str) -> None:
    text = "为所有人建设绿色学校Lyon 2030" if q != "為" else "為"
    words = words_of([text]).split()
    sought = words_of([q]).split()
    assert sought
    assert all(any(word.startswith(begun) for word in words) for begun in sought)


def test_signs_that_stand_apart_are_no_word() -> None:
    words = words_of(["学校建设"]).split()
    assert not all(any(word.startswith(begun) for word in words) for begun in words_of(["学设"]).split())


def test_letters_that_are_typed_as_two_are_found_as_two() -> None:
    assert folded("Œuvre") == folded("oeuvre") == "oeuvre"
    assert folded("Ærø") == "aero"
