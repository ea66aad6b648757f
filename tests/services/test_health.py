"""How those do who follow the ledger, as anybody may hear it."""

from dataclasses import replace

import pytest

from services.health import Health

STOPPED = Health(("turns",), 3, 9, 1.5, leads=True, alive=False, error=None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (None, None),
        (
            "Record 4 cannot be applied: ValueError: 'Ada Example' is\nno day",
            "Record 4 cannot be applied: ValueError, see the log",
        ),
        ("OSError: [Errno 111] Connect call failed ('10.0.0.5', 5432)", "OSError, see the log"),
        ("A newer program keeps turns@9.", "A newer program keeps turns@9."),
    ],
)
def test_anybody_hears_of_which_kind_an_error_is_and_nothing_of_its_words(error: str | None, kind: str | None) -> None:
    assert replace(STOPPED, error=error).kind == kind
