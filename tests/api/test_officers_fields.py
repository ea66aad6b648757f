"""Forms of commands: every body that a command takes can be typed, and what is typed comes out as that body."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from api.commands import Verb, verbs
from api.officers.fields import form_of, names_of, one_more, taken_away, typed_of, value_of
from api.schemas import TAG, LeafField, ListField, WordsField
from domain.contexts import CONTEXTS

VERBS = verbs(CONTEXTS)
PROPOSE = next(verb for verb in VERBS if verb.operation == "commitments.propose")
EVERY = pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.operation)


def leaves(one: LeafField) -> st.SearchStrategy[Any]:
    document = one.leaf.document
    if "enum" in document:
        return st.sampled_from(document["enum"])
    if document["type"] == "boolean":
        return st.booleans()
    if document["type"] == "integer":
        return st.integers(document["minimum"], document["maximum"])
    if document.get("format") == "uuid":
        return st.uuids().map(str)
    if document.get("format") == "date":
        return st.dates().map(str)
    least = max(document["minLength"], 1)
    return st.text("aZ9 .-é<&\"'\n", min_size=least, max_size=min(least + 8, document["maxLength"]))


def bodies(one: Any) -> st.SearchStrategy[Any]:
    """What a field takes by its type, where something is typed at all."""
    if isinstance(one, LeafField):
        return leaves(one)
    if isinstance(one, WordsField):
        return st.dictionaries(st.sampled_from(["en", "fr", "pt-BR"]), st.text("ab <é", min_size=1), min_size=1)
    if isinstance(one, ListField):
        return st.lists(bodies(one.inner), min_size=1, max_size=3)
    return objects(one.schema)


def objects(schema: Any) -> st.SearchStrategy[Any]:
    must = {name: bodies(one) for name, one in schema.fields.items() if one.required}
    may = {name: bodies(one) for name, one in schema.fields.items() if not one.required}
    some = st.fixed_dictionaries(must, optional=may)
    return some if must else some.filter(bool)


def through(verb: Verb, body: Any) -> Any:
    schema, gathered = verb.request.schema(), list[Any]()
    found = value_of(form_of(schema, typed_of(names_of(body, "", schema))), gathered)
    assert gathered == []
    return found


@EVERY
@settings(
    max_examples=3, derandomize=True, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(data=st.data())
def test_a_body_that_is_typed_comes_out_as_it_was(verb: Verb, data: st.DataObject) -> None:
    body = data.draw(objects(verb.request.schema()))
    assert through(verb, body) == body


def test_what_is_left_empty_is_absent_and_rows_that_are_empty_are_no_items() -> None:
    typed = typed_of([("owner", ""), ("title.0.lang", "fr"), ("title.0.text", ""), ("parties.0.unit", ""),
                      ("parties.1.unit", "x"), ("sdg.0", ""), ("sdg.1", "11.2")])  # fmt: skip
    assert value_of(form_of(PROPOSE.request.schema(), typed), []) == {"parties": [{"unit": "x"}], "sdg": ["11.2"]}


def test_one_more_and_take_away_lose_nothing_that_was_typed() -> None:
    schema = PROPOSE.request.schema()
    typed = typed_of([("parties.0.unit", "a"), ("parties.0.part", "funder"), ("title.0.lang", "en")])
    one_more(typed, "parties")
    form = form_of(schema, typed, kept=True)
    parties = next(one for one in form.rows if one.name == "parties")
    assert [(row.name, row.rows[0].text) for row in parties.rows] == [("parties.0", "a"), ("parties.1", "")]
    typed["parties"]["1"] = {"unit": "b"}
    taken_away(typed, "parties.0")
    assert value_of(form_of(schema, typed), [])["parties"] == [{"unit": "b"}]


def test_of_more_rows_than_a_list_holds_one_is_kept_so_that_it_is_refused() -> None:
    typed = typed_of((f"parties.{number}.unit", "x") for number in range(4_000))
    assert len(value_of(form_of(PROPOSE.request.schema(), typed), [])["parties"]) == 101
    typed = typed_of((f"title.{number}.{part}", f"x{number}") for number in range(4_000) for part in ("lang", "text"))
    assert len(value_of(form_of(PROPOSE.request.schema(), typed), [])["title"]) == 41


def test_two_texts_in_one_language_are_not_silently_one() -> None:
    typed = typed_of([("title.0.lang", "en"), ("title.0.text", "a"), ("title.1.lang", "en"), ("title.1.text", "b")])
    gathered = list[Any]()
    value_of(form_of(PROPOSE.request.schema(), typed), gathered)
    assert [(one.pointer, one.fault.code) for one in gathered] == [("/title/en", "repeated-key")]


@pytest.mark.parametrize("name", ["", ".", "..", "a." * 400, "parties.x.unit", "parties.99999999999.unit", "title.0",
                                  "parties", "owner.0", "\x00", "parties.²"])  # fmt: skip
def test_names_that_no_form_has_mean_nothing(name: str) -> None:
    typed = typed_of([(name, "x"), (f"{name}.0", "y"), (name, "z")])
    one_more(typed, name)
    taken_away(typed, name)
    found = value_of(form_of(PROPOSE.request.schema(), typed, kept=True), [])
    assert found is not UNSET
    assert TAG.document["type"] == "string"


@EVERY
def test_only_what_takes_the_id_of_a_unit_is_called_one(verb: Verb) -> None:
    """A unit of measure is no government, and other languages have another word for it."""
    found = [node for node in form_of(verb.request.schema(), {}).walk() if node.leaf and node.label == "unit"]
    assert [node.name for node in found if node.view != "units"] == []
