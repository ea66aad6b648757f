"""One language: texts, names, sentences that hold values, and what is counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.tongues import FSI, PDI, SENTENCES, Reader, tongue, tongue_of

AR, FR, ES, EN = (tongue(tag) for tag in ("ar", "fr", "es", "en"))


def test_a_text_is_looked_up_by_its_english() -> None:
    assert FR.text("It is missing.") == "Ce champ manque."
    assert ES.text("It is missing.") == "Falta este campo."
    assert EN.text("It is missing.") == "It is missing."


def test_what_nobody_translated_is_none() -> None:
    assert FR.text("A sentence of tomorrow.") is None
    assert FR.sentence("A sentence of tomorrow, with 7 in it.") is None
    assert EN.sentence("A sentence of tomorrow, with 7 in it.") == "A sentence of tomorrow, with 7 in it."


@given(st.integers(0, 999), st.integers(0, 999), st.integers(0, 10**6))
def test_values_of_a_sentence_stay_in_their_places(least: int, most: int, found: int) -> None:
    said = f"Between {least} and {most} characters are asked for, and these are {found}."
    assert FR.sentence(said) == f"Il faut entre {least} et {most} caractères, et il y en a {found}."


@given(st.text(max_size=300))
def test_whatever_is_said_is_translated_or_not_and_never_breaks(said: str) -> None:
    for spoken in (AR, FR, ES):
        assert spoken.sentence(said) is None or isinstance(spoken.sentence(said), str)


def test_what_somebody_wrote_is_no_place_for_another_value() -> None:
    assert FR.sentence("There is no such day or time: {text}.") == "Il n’y a pas de tel jour ou moment\u00a0: {text}."
    assert FR.sentence(r"There is no such day or time: \1 {error}.") == (
        "Il n’y a pas de tel jour ou moment\u00a0: \\1 {error}."
    )


def test_a_value_that_is_a_name_of_ours_is_said_in_the_language_too() -> None:
    assert FR.sentence("It is one of adopted.") == "Il faut l’un de ceux-ci\u00a0: adopté."


def test_no_line_of_french_begins_with_a_sign_that_belongs_to_the_one_before() -> None:
    assert FR.laid_out("« Ville » : quoi ? 12:30") == "«\u00a0Ville\u00a0»\u00a0: quoi\u00a0? 12:30"
    assert ES.laid_out("Ciudad: ¿qué?") == "Ciudad: ¿qué?"


def test_signs_between_two_things_are_those_of_the_language() -> None:
    assert [spoken.said(": ") for spoken in (EN, ES, FR)] == [": ", ": ", "\u00a0: "]
    assert [spoken.said(", ") for spoken in (EN, ES, FR, AR)] == [", ", ", ", ", ", "، "]


def test_several_sentences_are_translated_where_each_is() -> None:
    assert FR.sentence("It is missing. Try again in a moment.") == "Ce champ manque. Réessayez dans un instant."
    assert FR.sentence("It is missing. Nobody has translated this.") is None


def test_a_text_is_parted_into_a_few_sentences_and_no_more() -> None:
    assert FR.sentence(" ".join(["It is missing."] * SENTENCES)) == " ".join(["Ce champ manque."] * SENTENCES)
    assert FR.sentence(" ".join(["It is missing."] * (SENTENCES + 1))) is None


def test_who_calls_a_thing_like_many_sentences_makes_nobody_wait() -> None:
    """There are 2^40 ways to part it."""
    assert FR.sentence("There is no target 7. " * 40 + "Lyon") is None


def test_what_somebody_made_very_long_is_not_looked_for() -> None:
    assert FR.sentence("There is no such day or time: " + "x" * 900 + ".") is not None
    assert FR.sentence("There is no such day or time: " + "x" * 1000 + ".") is None


def test_names_are_labels_with_their_number_behind_them() -> None:
    assert FR.label("ends_on") == "Se termine le"
    assert FR.label("commitment-proposed.1") == "Engagement proposé"
    assert FR.label("parties 2") == "Parties 2"
    assert FR.label("no_such_name") == "No such name"
    assert EN.label("sdg") == "SDG"


@pytest.mark.parametrize(("count", "said"), [(0, "%(num)s jour"), (1, "%(num)s jour"), (2, "%(num)s jours")])
def test_what_is_counted_has_the_form_of_its_number(count: int, said: str) -> None:
    assert FR.plural.ngettext("%(num)s day ago", "%(num)s days ago", count) == f"il y a {said}"


@pytest.mark.parametrize(
    ("count", "fr", "es"),
    [
        (1, "%(n)s engagement est au registre.", "%(n)s compromiso consta en el registro."),
        (356, "%(n)s engagements sont au registre.", "%(n)s compromisos constan en el registro."),
        (2_000_000, "%(n)s d’engagements sont au registre.", "%(n)s de compromisos constan en el registro."),
    ],
)
def test_of_a_million_and_of_no_other_number_is_said(count: int, fr: str, es: str) -> None:
    said = "%(n)s commitment is on record.", "%(n)s commitments are on record."
    assert [one.plural.ngettext(*said, count) for one in (FR, ES)] == [fr, es]


def test_numbers_are_written_as_the_language_writes_them() -> None:
    said = [one.number(12345) for one in (AR, EN, ES, FR)]
    assert said == ["12,345", "12,345", "12.345", "12\u202f345"]


def test_what_is_counted_has_six_forms_in_arabic_and_one_or_two_need_no_number() -> None:
    said = [AR.plural.ngettext("%(num)s day", "%(num)s days", count) for count in (1, 2, 3, 11, 100, 102)]
    three, eleven, hundred = (f"{FSI}%(num)s{PDI} {days}" for days in ("أيام", "يومًا", "يوم"))
    assert said == ["يوم واحد", "يومان", three, eleven, hundred, hundred]


def test_direction_is_that_of_the_language() -> None:
    assert [one.direction for one in (AR, EN, ES, FR)] == ["rtl", "ltr", "ltr", "ltr"]
    assert AR.name == "العربية"


def test_what_is_written_the_other_way_is_kept_apart_in_a_sentence() -> None:
    """Else its parts would change places: 30-06-2026, or a name's number before its name."""
    assert AR.sentence("Saint-Denis (974) did not exist on 2026-06-30.") == (
        f"لم تكن {FSI}Saint-Denis (974){PDI} قائمة في {FSI}2026-06-30{PDI}."
    )
    assert AR.sentence("مراكش did not exist on 2026-06-30.") == f"لم تكن مراكش قائمة في {FSI}2026-06-30{PDI}."
    assert FR.sentence("مراكش did not exist on 2026-06-30.") == f"{FSI}مراكش{PDI} n’existait pas le 2026-06-30."
    assert AR.sentence("There is no target 7.") == "لا توجد غاية 7."


@pytest.mark.parametrize(
    ("said", "apart"),
    [
        ("A currency is three capital letters (ISO 4217).", "ISO 4217"),
        ("An event is named <stream>/<version>.", "<stream>/<version>"),
        ("It begins with `sub_`.", "`sub_`"),
        ('A version in quotes is asked for, as ETag gave it: "3".', 'ETag: "3"'),
        ("A JSON body is asked for: Content-Type: application/json.", "JSON: Content-Type: application/json"),
    ],
)
def test_codes_in_a_translation_are_kept_apart_with_all_their_signs(said: str, apart: str) -> None:
    assert f"{FSI}{apart}{PDI}" in str(AR.text(said))


def test_a_choice_may_be_called_otherwise_than_a_column() -> None:
    assert (AR.label("state"), AR.choice("state")) == ("الحالة", "دولة")
    assert (FR.label("state"), FR.choice("state")) == ("État", "État")
    assert AR.choice("proposed") == AR.label("proposed")


def test_a_reader_is_spoken_to_in_the_first_language_that_we_speak() -> None:
    assert tongue_of(("de", "fr-ca", "fr", "en")) is FR
    assert tongue_of(("de",)) is tongue_of(()) is EN


def test_addresses_of_ours_keep_the_language_that_was_chosen() -> None:
    reader = Reader(FR, chosen="fr")
    page = '<a href="/read/units"> <a href="/read/units?q=x&amp;sort=key"> <form action="/sign-in"> <a href="/">'
    assert reader.kept(page) == (
        '<a href="/read/units?lang=fr"> <a href="/read/units?q=x&amp;sort=key&amp;lang=fr">'
        ' <form action="/sign-in?lang=fr"> <a href="/?lang=fr">'
    )


@pytest.mark.parametrize(
    "address", ["/v1/units", "/style.css", "/checkpoint", "/read/units?lang=es", "https://x.example/"]
)
def test_other_addresses_stay_as_they_are(address: str) -> None:
    page = f'<a href="{address}">'
    assert Reader(FR, chosen="fr").kept(page) == page
    assert Reader(FR).kept('<a href="/read/units">') == '<a href="/read/units">'


def test_a_command_is_a_verb_where_a_thing_or_a_state_is_called_alike() -> None:
    assert [FR.command(one) for one in ("open", "draft", "register")] == ["Ouvrir", "Rédiger", "Inscrire"]
    assert [FR.label(one) for one in ("open", "draft", "register")] == ["Ouverte", "Projet", "Tout le registre"]
    assert [ES.command(one) for one in ("open", "draft", "register")] == ["Abrir", "Redactar", "Inscribir"]
    assert [ES.label(one) for one in ("open", "draft", "register")] == ["Abierta", "Borrador", "Todo el registro"]


def test_a_command_whose_name_nothing_else_has_is_called_by_it() -> None:
    assert FR.command("propose") == FR.label("propose") == "Proposer"
    assert EN.command("rest-on-mandate") == "Rest on mandate"
