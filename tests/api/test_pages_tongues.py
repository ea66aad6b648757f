"""Pages and problems in the reader's language: what they say, what they say they are, and what is left English."""

import re

import pytest
from markupsafe import escape

from api.problems import Problem
from api.templates import Templates
from api.tongues import FSI, PDI, READER, TONGUES, Reader, tongue
from domain import cofog
from tests.api.client import get, send
from tests.api.conftest import Live
from tests.api.test_officers import PROPOSE, Form, post, promise

FRENCH = {"Accept-Language": "fr-CH, en;q=0.5"}


def test_a_page_is_written_in_the_first_language_of_the_reader_that_we_speak(live: Live) -> None:
    for said, tag, title in (("fr-CH, en;q=0.5", "fr", "Engagements"), ("de, es;q=0.9", "es", "Compromisos"),
                             ("de", "en", "Commitments")):  # fmt: skip
        answer = get(live, "/read/commitments", {"Accept-Language": said})
        page = answer.body.decode()
        assert f'<html lang="{tag}">' in page
        assert f"<h1>{title}</h1>" in page
        assert answer.headers["content-language"] == tag
        assert "Accept-Language" in answer.headers["vary"]


@pytest.mark.parametrize("view", ["units", "commitments", "mandates", "reviews", "allocations", "policies", "activity"])
def test_lists_and_rows_have_no_word_that_is_marked_as_another_language(live: Live, view: str) -> None:
    key = get(live, f"/v1/{view}", limit=1).items[0]["key"]
    for address in (f"/read/{view}", f"/read/{view}/{key}"):
        page = get(live, address, FRENCH).body.decode()
        assert 'lang="fr"' in page
        assert '<span lang="en" dir="ltr">' not in page, address


def test_labels_choices_helps_and_numbers_are_french(live: Live) -> None:
    page = get(live, "/read/commitments", FRENCH).body.decode()
    for said in ("Tel qu’était le registre le", "Autres conditions", ">En cours</option>",
                 "Toutes les lignes en tableau", "Qui a promis quoi à qui"):  # fmt: skip
        assert said in page, said
    assert re.search(r"<h2>\d+ lignes?</h2>", page)


def test_an_arabic_page_runs_from_right_to_left_and_keeps_apart_what_does_not(live: Live) -> None:
    page = get(live, "/read/units?as_of=3&q=(x%29%202", {"Accept-Language": "ar-MA, fr;q=0.5"}).body.decode()
    assert '<html lang="ar" dir=rtl>' in page
    assert "<h1>الوحدات</h1>" in page
    assert f"ترى السجل كما كان في الموضع {FSI}3{PDI}" in page
    assert get(live, "/read/units?lang=fr").body.decode().startswith('<!doctype html>\n<html lang="fr">\n')
    told = get(live, "/read/units?nothing=1&lang=ar").body.decode()
    assert re.search(r"كما في <bdi>/docs</bdi>: <bdi>[a-z_., ]+", told)
    assert '<p dir="auto">' not in told, "a sentence of ours has the direction of the page"


def test_what_we_named_ourselves_is_called_otherwise_in_each_language(live: Live) -> None:
    cards = get(live, "/read/scorecards?scope=sdg&lang=es").body.decode()
    assert ">Acción por el clima</a>" in cards
    card = get(live, "/read/scorecards/sphere:local?lang=ar").body.decode()
    assert "<h1>النطاق المحلي</h1>" in card
    assert "Local sphere" not in card
    key = get(live, "/v1/obligations", standing="due_soon", limit=1).items[0]["key"]
    rules = get(live, "/read/policies?name=commitment&lang=fr").body.decode()
    assert "<code>answer_days</code>" in rules, "as amendments and refusals name it"
    assert ">Bientôt due" in get(live, f"/read/obligations/{key}?lang=fr").body.decode()


def test_codes_of_classifications_have_their_names_beside_them(live: Live) -> None:
    row = get(live, "/v1/mandates", limit=1).items[0]
    for tag in ("fr", "en"):
        page = get(live, f"/read/mandates/{row['key']}?lang={tag}").body.decode()
        said = escape(tongue(tag).text(cofog.NAMES[row["function"]]))
        assert f'<span dir="auto">{row["function"]} {said}</span>' in page


def test_conditions_are_told_in_words(live: Live) -> None:
    asked = "state.in=adopted,completed&contested=false&ends_on.ge=2026&closed_on.is_null=true"
    page = get(live, f"/read/commitments?{asked}&lang=fr").body.decode()
    told = re.sub("<[^>]*>", "", re.search('<ul class="asked".*?</ul>', page, re.DOTALL)[0])  # type: ignore[index]
    for said in ("État\u00a0: Adopté, Achevé", "Contesté\u00a0: non", "Se termine le ≥ 2026", "Clos le\u00a0: vide"):
        assert said in told
    assert '<input type="hidden" name="state.in" value="adopted,completed">' in page


def test_signs_between_our_words_are_those_of_the_language(live: Live) -> None:
    for address in ("/", "/read/units?name=x&as_of=3", "/read/changes?view=policies&from=0&to=0", "/sign-in"):
        french, arabic = (
            re.sub("<[^>]*>", "", get(live, address, {"Accept-Language": tag}).body.decode()) for tag in ("fr", "ar")
        )
        assert re.findall(r".*[^\u00a0]: .*", french) == [], "a colon that may begin a line"
        assert re.findall(r".*[\u0600-\u06ff\u2069]\)?, .*", arabic) == [], "a comma of Latin script"


def test_a_form_is_refused_in_arabic_with_codes_apart(live: Live) -> None:
    fields = {name.replace("__", "."): text for name, text in promise().items()} | {"ends_on": "soon", "_do": "try"}
    page = post(live, f"{PROPOSE}?lang=ar", fields, live.officer).body.decode()
    assert "<h1>الالتزامات: اقتراح</h1>" in page
    assert "أو الكلمة <bdi><code>unknown</code></bdi>، مثل 2030 أو <bdi>2030-06</bdi> أو <bdi>2030-06-30</bdi>" in page
    assert '<span lang="en"' not in page


def test_an_address_names_a_language_and_keeps_it_on_every_page_of_ours(live: Live) -> None:
    answer = get(live, "/read/commitments?lang=es&sort=-ends_on", {"Accept-Language": "fr"})
    page = answer.body.decode()
    assert '<html lang="es">' in page
    assert '<input type="hidden" name="lang" value="es">' in page
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="(/[^"]*)"', page)]
    ours = [link for link in links if link.startswith(("/read", "/give", "/docs")) or link == "/"]
    assert ours
    assert [link for link in ours if not re.search(rf"[?&]lang=({'|'.join(TONGUES)})\b", link)] == []
    assert [link for link in links if link.startswith("/v1/") and "lang=" in link] == []
    row = next(link for link in links if link.startswith("/read/commitments/"))
    assert '<html lang="es">' in get(live, row).body.decode()


def test_a_page_leads_to_itself_in_every_language(live: Live) -> None:
    page = get(live, "/read/commitments?q=a&lang=es").body.decode().replace("&amp;", "&")
    for tag, name in (("en", "English"), ("ar", "العربية"), ("fr", "Français"), ("es", "Español")):
        assert f'<a href="/read/commitments?q=a&lang={tag}" lang="{tag}" hreflang="{tag}"' in page
        assert f">{name}</a>" in page


def test_what_is_no_language_is_a_problem_in_the_language_of_the_header(live: Live) -> None:
    answer = get(live, "/read/commitments?lang=%21", FRENCH)
    assert answer.status == 400
    assert "La demande n’est pas valable" in answer.body.decode()


def test_pinned_pages_stay_the_same_to_the_byte_in_each_language(live: Live) -> None:
    pages = {}
    for tag in ("fr", "es", "en"):
        address = f"/read/commitments?as_of=3&lang={tag}"
        first, again = get(live, address), get(live, address)
        assert first.body == again.body
        assert first.headers["etag"] == again.headers["etag"]
        assert get(live, address, {"If-None-Match": first.headers["etag"]}).status == 304
        pages[first.headers["etag"]] = first.body
    assert len(pages) == len(set(pages.values())) == 3


def test_the_first_page_is_there_in_each_language(live: Live) -> None:
    french, spanish = get(live, "/", FRENCH), get(live, "/?lang=es", FRENCH)
    assert "Le registre commun" in french.body.decode()
    assert "El registro compartido" in spanish.body.decode()
    assert 'href="/read/units?lang=es"' in spanish.body.decode()
    assert french.headers["etag"] != spanish.headers["etag"]
    assert "Accept-Language" in french.headers["vary"]
    assert get(live, "/", FRENCH | {"If-None-Match": french.headers["etag"]}).status == 304
    assert get(live, "/", {"If-None-Match": french.headers["etag"]}).status == 200
    assert '<html lang="en">' in get(live, "/docs?lang=fr", FRENCH).body.decode()


def test_an_officer_is_spoken_to_in_their_language_from_the_door_to_a_refusal(live: Live) -> None:
    door = get(live, f"{PROPOSE}?lang=fr")
    assert (door.status, door.headers["location"]) == (303, "/sign-in?then=%2Fgive%2Fcommitments%2Fpropose&lang=fr")
    assert "Votre jeton" in get(live, door.headers["location"]).body.decode()
    wrong = post(live, "/sign-in?lang=fr", {"token": "sub_none", "then": PROPOSE})
    assert "Le jeton est inconnu, expiré ou révoqué." in wrong.body.decode()
    shown = get(live, f"{PROPOSE}?lang=fr", {"Cookie": f"subsidia-officer={live.officer}"})
    page = shown.body.decode()
    assert "<h1>Engagements\u00a0: proposer</h1>" in page
    assert "Proposer un engagement de votre entité, seule ou avec d’autres." in page
    form = Form(shown)
    fields = form.fields | {name.replace("__", "."): text for name, text in promise().items()} | {"ends_on": "soon"}
    refused = post(live, f"{PROPOSE}?lang=fr", fields | {"_do": "try"}, live.officer)
    page = refused.body.decode()
    assert refused.status == 422
    assert "Rien n’a été enregistré, et rien de votre saisie n’est perdu." in page
    assert ">Se termine le</a>\u00a0: Il faut une année, un mois, un jour ou le mot <code>unknown</code>" in page
    assert '<span lang="en"' not in page
    assert 'value="fr"' in page, "the text's language is that of the page"


def test_a_problem_is_told_in_the_language_that_is_asked_for_and_says_so(live: Live) -> None:
    answer = get(live, "/v1/commitments?limit=0&q=%00&nothing=1", FRENCH)
    assert answer.json["title"] == "La demande n’est pas valable"
    assert answer.json["code"] == "invalid-request"
    assert {one["pointer"]: one["detail"] for one in answer.json["errors"]}["/limit"] == (
        "Il faut un nombre de 1 à 500."
    )
    assert answer.headers["content-language"] == "fr"
    assert "Accept-Language" in answer.headers["vary"]
    english = get(live, "/v1/commitments?limit=0")
    assert english.json["title"] == "The request is not valid"
    assert english.headers["content-language"] == "en"


def test_a_command_that_is_not_valid_says_why_in_the_language(live: Live) -> None:
    headers = FRENCH | {"Authorization": f"Bearer {live.officer}", "Content-Type": "application/json"}
    answer = send(live, "POST", "/v1/commitments/propose", b'{"title": 7}', headers)
    told = {one["pointer"]: one["detail"] for one in answer.json["errors"]}
    assert told["/title"] == "Il faut un objet\u00a0: du code de langue au texte."
    assert told["/owner"] == "Ce champ manque."


def test_what_nobody_translated_stays_english_and_is_marked() -> None:
    problem = Problem(409, "odd", "A rule says no", ("A rule of tomorrow.",), {"reason": "A rule of tomorrow."})
    answer = problem.response("r", tongue("fr"))
    assert answer.headers["Content-Language"] == "fr, en"
    assert b"Une r\xc3\xa8gle s\xe2\x80\x99y oppose" in answer.body  # type: ignore[operator]
    held = READER.set(Reader(tongue("fr")))
    try:
        page = Templates().at_start("problem.html", READER.get(), problem=problem).decode()
    finally:
        READER.reset(held)
    assert '<span lang="en" dir="ltr">A rule of tomorrow.</span>' in page
    assert "<h1>Une règle s’y oppose</h1>" in page


def test_a_thing_that_is_not_there_is_told_so_on_its_page(live: Live) -> None:
    answer = get(live, "/read/units/00000000-0000-0000-0000-000000000000", FRENCH)
    assert answer.status == 404
    assert "n’a pas de ligne de cette clé" in answer.body.decode()
