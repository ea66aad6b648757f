"""The served register keeps to its own document: no server error, no undocumented answer, whatever is asked.

Three ways of asking, since schemathesis makes thousands of cases for a view with three hundred filters, which differ
in nothing but their names:

* every operation with all that it may be asked with, by random cases;
* every operation on and beyond every bound of its parts (schemathesis' coverage phase), where a part of a shape that
  stands in many operations is left to the first few of them;
* every filter of every view by itself, with a value that it takes and one that none takes.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Live
from tests.api.thinning import operations, shapes, thinned

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
PARTS = 6
"""Into how many tests all paths are divided: one alone would keep one of several processes to the last."""
TIMES = 2
"""In how many operations a part of one shape is driven to its bounds."""
WORDS = (True, 1, "2026-11-24", "2026", "8f4e1c52-6a0b-5d6e-9b57-5b0a3a7d2045", "1", "FR", "word")
"""One of them is what a filter takes that has no choice of words."""


@pytest.fixture(scope="module")
def officer(live: Live) -> Iterator[requests.Session]:
    """A connection that stays open, and an officer's token."""
    with requests.Session() as session:
        # To look for proxies and for a .netrc at each of thousands of questions takes its time.
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {live.officer}"
        yield session


@pytest.fixture(scope="module")
def document(live: Live) -> Any:
    return requests.get(f"{live.url}/v1/openapi.json", timeout=30).json()


def _schema(document: Any, live: Live, *phases: str) -> schemathesis.BaseSchema:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=live.url)
    schema.config.phases.update(phases=list(phases))
    return schema


@pytest.fixture
def whole(document: Any, live: Live, part: int) -> schemathesis.BaseSchema:
    return _schema(_part(document, part), live, "examples", "fuzzing")


@pytest.fixture
def thin(document: Any, live: Live, part: int) -> schemathesis.BaseSchema:
    return _schema(_part(thinned(document, TIMES), part), live, "coverage")


def _part(document: Any, number: int) -> Any:
    """Every `PARTS`-th path of a document, from one on, with all its operations. Together they are all of them."""
    return {**document, "paths": dict(list(document["paths"].items())[number::PARTS])}


def test_the_parts_are_the_whole(document: Any) -> None:
    parts = [path for number in range(PARTS) for path in _part(document, number)["paths"]]
    assert sorted(parts) == sorted(document["paths"])


# A roll of three hundred seats is long to print, and nobody prints it unless it fails.
few = settings(
    max_examples=5, derandomize=True, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
)  # fmt: skip
in_parts = pytest.mark.parametrize("part", range(PARTS))
unprinted = pytest.mark.filterwarnings("ignore:Generating overly large repr")


@unprinted
@in_parts
@schemathesis.pytest.from_fixture("whole").parametrize()
@few
def test_every_answer_is_documented(case: schemathesis.Case[Any], officer: requests.Session, part: int) -> None:
    case.call_and_validate(checks=CHECKS, session=officer)


@unprinted
@in_parts
@schemathesis.pytest.from_fixture("thin").parametrize()
@few
def test_every_answer_on_and_beyond_the_bounds_is_documented(
    case: schemathesis.Case[Any], officer: requests.Session, part: int
) -> None:
    case.call_and_validate(checks=CHECKS, session=officer)


def test_no_shape_of_a_request_is_thinned_away(document: Any) -> None:
    thin = thinned(document, 1)
    assert shapes(thin) == shapes(document)
    assert len(list(operations(thin))) == len(list(operations(document)))


def test_every_filter_answers_to_what_it_takes_and_to_what_none_takes(
    document: Any, live: Live, officer: requests.Session
) -> None:
    whole, asked = _schema(document, live), 0
    for path, one in _filters(document):
        for value, status in ((_taken(one["schema"]), 200), ("\0", 400)):
            case = whole[path]["GET"].Case(query={one["name"]: value})
            answer = case.call_and_validate(checks=CHECKS, session=officer)
            assert answer.status_code == status, (path, one["name"], value, answer.text)
            asked += 1
    assert asked > 4000


def _filters(document: Any) -> Iterator[tuple[str, Any]]:
    for path, methods in document["paths"].items():
        for one in methods.get("get", {}).get("parameters", []):
            if one["description"].startswith("Rows where "):
                yield path, one


def _taken(schema: Any) -> Any:
    """A value that a filter of this schema takes."""
    one = schema.get("items", schema)
    fits = Draft202012Validator(one).is_valid
    return next(value for value in (*one.get("enum", ()), *WORDS) if fits(value))
