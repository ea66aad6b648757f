"""What the OpenAPI document calls things."""

from api.documents import out_schema
from api.shapes import told_apart
from domain.commitments.words import Document, Target
from domain.subsidiarity import words
from projections.commitment_row import TargetRow


def test_types_of_one_name_in_two_contexts_are_told_apart() -> None:
    taken = dict[str, type]()
    assert [told_apart(kind, taken) for kind in (Document, words.Document)] == ["Document", "SubsidiarityDocument"]
    assert [told_apart(kind, taken) for kind in (words.Document, Document)] == ["SubsidiarityDocument", "Document"]


def test_a_row_and_the_value_it_holds_are_told_apart() -> None:
    into: dict[str, dict[str, object]] = {}
    refs = [out_schema(kind, into)["$ref"] for kind in (TargetRow, Target)]
    assert len(set(refs)) == 2


def test_what_views_show_of_them_is_told_apart_too() -> None:
    into: dict[str, dict[str, object]] = {}
    refs = [out_schema(kind, into)["$ref"] for kind in (Document, words.Document)]
    assert len(set(refs)) == len(into) == 2
