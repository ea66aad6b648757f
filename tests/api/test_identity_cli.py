"""`subsidia identity`: bound, listed and unbound; what the doctor and an erasure know of it."""

import re
from uuid import uuid5

from domain.kernel import NAMES
from tests.api.verbs import Verbs, _logs_as_they_were, database, subject, tell, verbs

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


def changed(verbs: Verbs, id: str, column: str, days: int) -> None:
    """As time does it."""
    asked = f"update access.identities set {column} = now() - interval '{days} days' where id = '{id}'"
    tell(verbs.environment["DATABASE_URL"], asked)


def listed(verbs: Verbs) -> dict[str, str]:
    """How each stands, by what it is for; "": the sum of them."""
    *lines, summed = verbs.well("identity", "list").splitlines()
    return {line.rpartition("(")[2].strip(")"): line for line in lines} | {"": summed}


def test_what_has_ended_is_said_counted_and_forgotten_after_a_while(verbs: Verbs) -> None:
    believing(verbs)
    ids = {}
    for note in ("good", "old", "keyless"):
        said = verbs.well("identity", "bind", "--subject", note, "--registrar", "--note", note)
        ids[note] = said.split()[-1]
    keys = verbs.var / "subject-keys"
    changed(verbs, ids["old"], "expires_at", 29)
    (keys / f"{ids['keyless']}.key").unlink()
    seen = listed(verbs)
    assert [seen[note].split("  ")[2].strip().split()[0] for note in ids] == ["until", "expired", "ended"]
    assert seen[""] == "1 bound; 2 ended, and forgotten after 30 days"
    doctor = verbs("doctor").stdout
    assert re.search(r"^ok +bindings +1 bound, 2 ended$", doctor, re.M), doctor
    changed(verbs, ids["old"], "expires_at", 31)
    changed(verbs, ids["keyless"], "created_at", 29)
    assert set(listed(verbs)) == {"", *ids}, "somebody binds or signs in, or the register starts"
    verbs.well("identity", "bind", "--subject", "another", "--registrar", "--note", "another")
    assert set(listed(verbs)) == {"", "good", "keyless", "another"}
    assert not (keys / f"{ids['old']}.key").exists()
    for note in ("good", "keyless"):
        changed(verbs, ids[note], "created_at", 31)
    found = next(keys.glob(f"{uuid5(NAMES, 'identities')}.key")).rename(verbs.var / "away")
    assert "keyless" in listed(verbs), "another folder of keys says nothing of them"
    found.rename(keys / f"{uuid5(NAMES, 'identities')}.key")
    assert set(listed(verbs)) == {"", "good", "another"}
    assert listed(verbs)[""] == "2 bound"


def test_of_whom_no_provider_is_named_the_doctor_says_it(verbs: Verbs) -> None:
    believing(verbs)
    verbs.well("identity", "bind", "--subject", WHO, "--registrar")
    del verbs.environment["SUBSIDIA_IDENTITY"]
    said = verbs("doctor").stdout
    assert re.search(
        r"^note +bindings +1 bound, 0 ended; 1 by providers that SUBSIDIA_IDENTITY does not name$", said, re.M
    )


def test_whoever_is_bound_to_what_is_not_in_force_is_listed_so(verbs: Verbs) -> None:
    believing(verbs)
    verbs.well("identity", "bind", "--subject", WHO, "--registrar")
    asked = "update access.identities set accreditation = unit || '/999'"
    tell(verbs.environment["DATABASE_URL"], asked)
    said = verbs.well("identity", "list")
    assert "not in force" in said.splitlines()[0]
    assert said.splitlines()[1] == "0 bound; 1 to an accreditation that is not in force"


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
