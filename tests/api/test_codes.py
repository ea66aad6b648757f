"""A code of one word reads as a name of ours where its field holds such names, and nowhere else."""

from typing import Any

import pytest

from api.codes import codes
from api.templates import environment
from api.tongues import Reader, tongue


def shown(it: Any, of: str = "", tag: str = "fr") -> str:
    page = '{% import "shown.html" as shown with context %}{{ shown.value(it, [tag], of | codes) }}'
    return environment().from_string(page).render(it=it, of=of, tag=tag, reader=Reader(tongue(tag)))


@pytest.mark.parametrize(("of", "code", "said"), [
    ("part", "owner", "Porteur"), ("answer", "accepted", "Accepté"), ("sphere", "local", "Locale"),
    ("kind", "milestone", "Jalon"), ("kind", "scrutiny", "Examen"), ("context", "reviews", "Contrôles de subsidiarité"),
    ("turn", "commit-funding", "Engager le financement"), ("type", "commitment-adopted.1", "Engagement adopté"),
    ("of", "regional", "Régionale"),
])  # fmt: skip
def test_a_code_of_a_field_is_said_in_the_readers_language(of: str, code: str, said: str) -> None:
    assert shown(code, of) == said
    assert f"<dd>{said}</dd>" in shown({of: code, "number": 1})
    assert f"<td><ul><li>{said}</li></ul></td>" in shown([{of: [code], "number": 1}])


def test_what_somebody_wrote_stays_as_it_is_though_it_be_a_code_elsewhere() -> None:
    assert "local" in shown({"title": "local"})
    assert "Locale" not in shown({"title": "local"})
    assert "accepted by all" in shown({"answer": "accepted by all"})


def test_a_unit_of_measure_is_no_unit_of_government() -> None:
    assert shown({"value": "20", "unit": "% of 2019"}) == "<bdi>20 % of 2019</bdi>"
    assert "Entité" in shown({"unit": "6e1c8a52-0d7c-4b44-bb7b-5ad12a58c1a0", "percent": 40})


def test_fields_that_hold_words_have_no_codes() -> None:
    assert {"title", "name", "unit", "because"}.isdisjoint(codes())
