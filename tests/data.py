"""Where the published data lies that tests check us against: beside the checkout, not in it."""

import os
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def published(name: str) -> Path:
    """The file or folder `name` of the published data. Skips the test without it; on CI its absence is a failure."""
    path = DATA / name
    if path.exists():
        return path
    if os.environ.get("CI") == "true":
        pytest.fail(f"{path} is missing, and CI must not pass without it.", pytrace=False)
    pytest.skip(f"{path} is not there; this test compares us with published data.", allow_module_level=True)
