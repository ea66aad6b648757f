"""What the OpenAPI document calls things."""

from typing import get_type_hints

from api.documents import out_schema
from api.shapes import named, shape_of
from domain.commitments.commands import AttachEvidence
from domain.commitments.words import Document
from domain.subsidiarity import words
from domain.subsidiarity.reviews.commands import SubmitReasonedOpinion


def test_types_of_one_name_in_two_contexts_are_told_apart() -> None:
    for command in (AttachEvidence, SubmitReasonedOpinion):
        shape_of(get_type_hints(command, include_extras=True)["document"])
    names = {named(kind, "Document") for kind in (Document, words.Document)}
    assert len(names) == 2
    assert names <= {"Document", "CommitmentsDocument", "SubsidiarityDocument"}
    assert {named(kind, "Document") for kind in (Document, words.Document)} == names, "and keep their names"


def test_what_views_show_of_them_is_told_apart_too() -> None:
    into: dict[str, dict[str, object]] = {}
    refs = [out_schema(kind, into)["$ref"] for kind in (Document, words.Document)]
    assert len(set(refs)) == len(into) == 2
