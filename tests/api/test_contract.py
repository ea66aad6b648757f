"""The served register keeps to its own document: no server error, no undocumented answer, whatever is asked."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Live

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="session")
def described(live: Live) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{live.url}/v1/openapi.json")


contract = schemathesis.pytest.from_fixture("described")


# A roll of three hundred seats is long to print, and nobody prints it unless it fails.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@contract.parametrize()
@settings(
    max_examples=5, derandomize=True, deadline=None, database=None,
    phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_every_answer_is_documented(case: schemathesis.Case[Any], live: Live) -> None:
    case.call_and_validate(checks=CHECKS, headers={"Authorization": f"Bearer {live.officer}"})
