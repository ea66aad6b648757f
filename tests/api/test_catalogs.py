"""The catalogs hold everything that is said, with the same values in the same places, and no word that nobody says."""

import re
from collections import Counter
from collections.abc import Sequence
from gettext import c2py

import pytest
from babel.messages.catalog import Catalog

from api.templates import PAGES
from api.tongues import COMMAND, PLACE, TONGUES, tongue
from tests.api.catalogs import ELSEWHERE, TRANSLATED, apart, catalog, missing, possible, required, up_to_date

NAMED = re.compile(r"%\((\w+)\)s")
CODE = re.compile(r"`[^`]+`")
SIGNS = (": ", ", ")
"""What stands between two things, with the blanks that belong to it."""
BARE_SIGN = re.compile(r"\}\}(</\w+>)?[:,] |[:,] (<\w+>)?\{\{")
ENGLISH_ONLY = {"reference.html", "report.html"}


def test_arabic_french_and_spanish_are_spoken_beside_english() -> None:
    assert TONGUES[0] == "en"
    assert {"ar", "es", "fr"} <= set(TONGUES)


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_has_all_that_is_said_on_pages_and_in_problems(tag: str) -> None:
    assert missing(catalog(tag)) == [], f"`python -m tests.api.catalogs` puts them into {tag}.po: translate them there"


def test_between_two_things_a_page_has_the_sign_of_the_language() -> None:
    bare = [path.name for path in PAGES.rglob("*.*") if BARE_SIGN.search(path.read_text(encoding="utf-8"))]
    assert set(bare) <= ENGLISH_ONLY, '{{ _(": ") }} and {{ _(", ") }} are told in each language'


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_catalog_has_nothing_that_is_said_nowhere(tag: str) -> None:
    said = {_first(one) for one in (*required(), *possible())}
    gone = [one.id for one in catalog(tag) if one.id and _first(one.id) not in said]
    assert gone == [], "`python -m tests.api.catalogs` takes them out"


def test_what_is_gathered_is_what_pages_and_problems_say_and_not_the_command_line() -> None:
    assert all(path.exists() for path in ELSEWHERE)
    told = {"The tree has no such tile, or not yet.", "There is no milestone {number}."}
    kept = {"The recipient is heard on the notice, not before it."}
    assert told | kept <= {*required(), *possible()}
    assert "The file has no such row." not in {*required(), *possible()}, "an importer of published files says it"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_what_is_called_otherwise_as_a_command_or_a_choice_is_one(tag: str) -> None:
    found = {(one.context, one.id) for one in catalog(tag) if one.context}
    assert (COMMAND, "Open") in found, "each language is asked whether it has a word of its own"
    assert found <= {(context, name) for context, names in apart().items() for name in names}


@pytest.mark.parametrize("tag", TRANSLATED)
def test_bringing_a_catalog_up_to_date_loses_nothing_of_it(tag: str) -> None:
    def of(kept: Catalog) -> list[tuple[object, ...]]:
        return [(one.context, one.id, one.string) for one in kept if one.id]

    assert of(up_to_date(tag, catalog(tag))) == of(catalog(tag))


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_has_the_values_of_what_it_translates_and_no_markup(tag: str) -> None:
    for one in catalog(tag):
        counted = _forms_of_one_number(catalog(tag)) if one.pluralizable else frozenset()
        for form, said in enumerate(_strings(one.string)):
            english = _first(one.id)
            if not english or not said:
                continue
            assert set(PLACE.findall(said)) == set(PLACE.findall(english)), said
            named = set(NAMED.findall(said))
            assert named == set(NAMED.findall(english)) or (form in counted and not named), said
            assert set(CODE.findall(english)) <= set(CODE.findall(said)), said
            assert ('"' in said) <= ('"' in english), f"it may stand in an attribute: {said}"
            assert said == said.strip() or english in SIGNS, said
            assert not re.search(r"\w'\w", said), f"an apostrophe is written ’: {said}"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_no_two_things_that_stand_side_by_side_are_called_alike(tag: str) -> None:
    spoken = tongue(tag)
    for choices in (("local", "regional", "national"), ("devolution", "delegation", "deconcentration"),
                    ("completed", "partially_completed", "not_met", "withdrawn"), ("giver", "recipient")):  # fmt: skip
        labels = [spoken.label(one) for one in choices]
        assert len(set(labels)) == len(labels), labels


def _forms_of_one_number(kept: Catalog) -> frozenset[int]:
    """Forms of what is counted that stand for a single number: "two days" is one word in Arabic, without a 2."""
    plural = c2py(kept.plural_expr)
    uses = Counter(plural(number) for number in range(1000))
    return frozenset(form for form, numbers in uses.items() if numbers == 1)


def _first(said: str | Sequence[str]) -> str:
    return said if isinstance(said, str) else said[0]


def _strings(said: str | Sequence[str] | None) -> Sequence[str]:
    return [said] if isinstance(said, str) else said or []
