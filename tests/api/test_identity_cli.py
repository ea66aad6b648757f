"""`subsidia identity`: bound, listed and unbound; what the doctor and an erasure know of it."""

import re

from tests.api.verbs import Verbs, _logs_as_they_were, database, subject, verbs

__all__ = ["_logs_as_they_were", "database", "verbs"]

WHO = "248289761001"


def believing(verbs: Verbs, *issuers: str) -> None:
    """Nobody listens there: to bind somebody the provider is not asked."""
    said = " ".join(f"http://register:s3cret@{one}" for one in issuers or ("127.0.0.1:9",))
    verbs.environment |= {"SUBSIDIA_IDENTITY": said, "SUBSIDIA_PUBLIC_URL": "https://register.example"}


def test_somebody_is_bound_listed_and_unbound(verbs: Verbs) -> None:
    believing(verbs)
    assert "Nobody is bound yet" in verbs.well("identity", "list")
    bound = verbs.well("identity", "bind", "--subject", WHO, "--registrar", "--days", "7", "--note", "on loan")
    assert bound.startswith("Bound for 7 days: registrar, accreditation ")
    again = verbs("identity", "bind", "--subject", WHO, "--registrar")
    assert (again.exit_code, "bound to this accreditation already" in again.stderr) == (1, True)
    listed = verbs.well("identity", "list")
    assert re.search(r"person +until \d{4}-\d\d-\d\d +registrar .*http://127.0.0.1:9 +\(on loan\)", listed)
    assert WHO not in listed
    assert WHO in verbs.well("identity", "list", "--names")
    id = listed.split()[0]
    assert "Signed out: 0." in verbs.well("identity", "sign-out")
    assert "Unbound" in verbs.well("identity", "unbind", id)
    assert verbs("identity", "unbind", id).exit_code == 1
    assert "Nobody is bound yet" in verbs.well("identity", "list")


def test_a_program_is_bound_once(verbs: Verbs) -> None:
    believing(verbs)
    verbs.well("identity", "bind", "--program", "robot", "--registrar")
    again = verbs("identity", "bind", "--program", "robot", "--registrar")
    assert (again.exit_code, "unbind it first" in again.stderr) == (1, True)


def test_one_says_whom_and_to_what(verbs: Verbs) -> None:
    believing(verbs, "127.0.0.1:9", "127.0.0.1:10")
    for words, status, says in (
        (("--subject", WHO), 2, "Name a unit"),
        (("--subject", WHO, "--registrar", "--unit", "x"), 2, "Name a unit"),
        (("--registrar",), 2, "by one of"),
        (("--registrar", "--subject", WHO, "--program", WHO), 2, "by one of"),
        (("--registrar", "--email", "ada"), 2, "takes an address"),
        (("--registrar", "--subject", "x" * 256), 2, "255 characters"),
        (("--registrar", "--subject", WHO), 1, "Say which provider, by --provider: http://127.0.0.1:9, http://127"),
        (("--registrar", "--subject", WHO, "--provider", "http://127.0.0.1:11"), 1, "Say which provider"),
        (("--registrar", "--subject", WHO, "--provider", "127.0.0.1-10"), 0, ""),
    ):
        result = verbs("identity", "bind", *words)
        assert (result.exit_code, says in result.stderr) == (status, True), result.output
    del verbs.environment["SUBSIDIA_IDENTITY"]
    assert "names none" in verbs("identity", "bind", "--registrar", "--subject", WHO).stderr


def test_whoever_is_erased_is_bound_no_more(verbs: Verbs) -> None:
    believing(verbs)
    verbs.well("identity", "bind", "--email", "ada@city.example", "--registrar")
    _, record = subject(verbs)
    assert "and signed out" in verbs.well("erase", record, "--basis", "A law", "--yes")
    assert "Nobody is bound yet" in verbs.well("identity", "list")
    assert re.search(r"^ok +sealed +0 values open, 1 erased", verbs("doctor").stdout, re.M)


def test_the_doctor_says_that_a_provider_is_away_and_not_its_secret(verbs: Verbs) -> None:
    believing(verbs)
    said = verbs("doctor").stdout
    assert re.search(r"^note +identity +http://127.0.0.1:9 cannot be used\n +It does not answer", said, re.M)
    assert "s3cret" not in said
