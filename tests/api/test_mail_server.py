"""The mail server as operators name it: encrypted or not, with a password or none; what is said of one that fails."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.testing import capture_logs

from services.doctor import Verdict, _mail_server
from services.mail.sending import Reply, Smtp
from services.mail.server import MailServer
from tests.api.mailbox import Mailbox, listening
from tests.api.mailing import Written, sent, writing, written
from tests.services.test_handle import config
from tests.waiting import until

__all__ = ["written"]

USER, PASSWORD = "register@example.org", "p@ss:w/rd?&#%"
QUOTED = "register%40example.org:p%40ss%3Aw%2Frd%3F%26%23%25"
ANNA = "anna@example.org"


@dataclass(frozen=True)
class House:
    """A mail server's certificate, signed by itself. `file`: as whoever trusts it has it."""

    file: Path
    context: ssl.SSLContext


def house(folder: Path, days: int = 3) -> House:
    """`days`: since the day before yesterday, for which it holds."""
    key, begins = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC) - timedelta(days=2)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.example.org")])
    alone = x509.BasicConstraints(ca=True, path_length=0)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(begins).not_valid_after(begins + timedelta(days=days))
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(here, critical=False).add_extension(alone, critical=True).sign(key, SHA256())
    file, secret = folder / "mail.pem", folder / "mail.key"
    file.write_bytes(signed.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file, secret)
    return House(file, context)


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """One that this machine trusts."""
    found = house(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(found.file))
    return found


def knows(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    well = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=well, handled=False)


def with_password(at: House, **further: Any) -> dict[str, Any]:
    """A server that takes messages from whoever is logged in, and passwords from whoever encrypts."""
    return {
        "tls_context": at.context, "require_starttls": True, "auth_required": True, "authenticator": knows, **further,
    }  # fmt: skip


def elsewhere(mailbox: Mailbox, login: str = "") -> MailServer:
    """As one that is on another machine, where a password needs STARTTLS; this one has the address of our own."""
    said = MailServer.read(f"smtp://{login}mail.example.org:{mailbox.port}?from=register@example.org")
    return replace(said, host="127.0.0.1")


def from_the_start(mailbox: Mailbox, login: str = "") -> MailServer:
    return MailServer.read(f"smtps://{login}127.0.0.1:{mailbox.port}?from=register@example.org")


async def handed(server: MailServer) -> Reply:
    """What becomes of a message, which is also said without one."""
    smtp = Smtp(server)
    tried, reply = await smtp.tried(), await smtp(ANNA, b"Subject: Trees\r\n\r\nEvidence attached\r\n")
    assert tried == reply
    return reply


async def test_messages_are_encrypted_by_starttls_where_there_is_a_password_or_it_is_offered(at: House) -> None:
    for login in (f"{QUOTED}@", ""):
        mailbox, options = Mailbox(), with_password(at) if login else {"tls_context": at.context}
        async with listening(mailbox, **options):
            assert (await handed(elsewhere(mailbox, login))) == Reply(True)
        assert [one.to for one in mailbox.heard] == [(ANNA,)]
        assert mailbox.encrypted == [True]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # its line is a plain one to aiosmtpd
async def test_messages_are_encrypted_from_the_start(at: House) -> None:
    for login in (f"{QUOTED}@", ""):
        mailbox, options = Mailbox(), {"authenticator": knows, "auth_required": True} if login else {}
        async with listening(mailbox, at.context, auth_require_tls=False, **options):
            assert (await handed(from_the_start(mailbox, login))) == Reply(True)
        assert [one.to for one in mailbox.heard] == [(ANNA,)]


async def test_a_password_that_is_wrong_is_said_and_repeated_nowhere(written: Written, at: House) -> None:
    mailbox = Mailbox()
    await written.follows(ANNA)
    said = "The mail server answered 535 5.7.8 (to user and password)."
    with capture_logs() as logged:
        async with listening(mailbox, **with_password(at)):
            wrong = elsewhere(mailbox, "register%40example.org:not-this-one@")
            assert (await handed(wrong)).said == said
            async with writing(written, mailbox, server=wrong):
                last = await written.said()
                await until(lambda: refused(written))
            assert (await written.one()).said == said
            finding = await _mail_server(replace(written.services.config, mail=wrong))
            assert finding is not None
            assert (finding.verdict, said in finding.do) == (Verdict.NOTE, True)
            async with writing(written, mailbox, server=elsewhere(mailbox, f"{QUOTED}@")):
                await sent(mailbox, 1)
            assert (await written.one()).position <= last
            finding = await _mail_server(replace(written.services.config, mail=elsewhere(mailbox, f"{QUOTED}@")))
            assert finding is not None
            assert finding.verdict is Verdict.WELL
    assert any(one["event"] == "mail-not-taken" and one["said"] == said for one in logged)
    assert "not-this-one" not in f"{logged}{finding}{wrong}"
    assert "w/rd" not in str(logged)


async def refused(written: Written) -> bool:
    return (await written.one()).tries > 1


@pytest.mark.parametrize("ways", [elsewhere, from_the_start])
async def test_a_certificate_that_nobody_trusts_is_said_to_be_one(
    ways: Callable[[Mailbox], MailServer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailbox, strange = Mailbox(), house(tmp_path)
    options: dict[str, Any] = {"tls_context": strange.context}
    async with listening(mailbox, *([strange.context] if ways is from_the_start else []), **options):
        reply = await handed(ways(mailbox))
        assert (reply.for_all, reply.said) == (
            True, "The mail server's certificate does not hold: self-signed certificate.",
        )  # fmt: skip
        monkeypatch.setenv("SSL_CERT_FILE", str(strange.file))
        assert (await handed(replace(ways(mailbox), host="localhost"))).said == (
            "The mail server's certificate does not hold: Hostname mismatch, certificate is not valid for 'localhost'."
        )
    assert not mailbox.heard


async def test_a_certificate_that_is_over_holds_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mailbox, old = Mailbox(), house(tmp_path, days=1)
    monkeypatch.setenv("SSL_CERT_FILE", str(old.file))
    async with listening(mailbox, old.context):
        assert (await handed(from_the_start(mailbox))).said == (
            "The mail server's certificate does not hold: certificate has expired."
        )


async def test_no_password_goes_where_nothing_is_encrypted(at: House) -> None:
    plain = Mailbox()
    offers_nothing = "The mail server offers no STARTTLS, or no way to log in, and gets no password."
    async with listening(plain, authenticator=knows, auth_require_tls=False):
        assert (await handed(elsewhere(plain, f"{QUOTED}@"))).said == offers_nothing
        assert (await handed(from_the_start(plain))).said == (
            "The mail server does not encrypt as it was asked: `smtps:` from the start, `smtp:` by STARTTLS."
        )
    no_login = Mailbox()
    async with listening(no_login, tls_context=at.context, auth_exclude_mechanism=["LOGIN", "PLAIN"]):
        assert (await handed(elsewhere(no_login, f"{QUOTED}@"))).said == offers_nothing
    assert not plain.heard + no_login.heard


async def test_a_server_that_is_away_is_said_to_be_so(tmp_path: Path) -> None:
    mailbox = Mailbox()
    async with listening(mailbox):
        pass
    away = "The mail server cannot be reached."
    assert (await handed(elsewhere(mailbox))).said == (await handed(from_the_start(mailbox))).said == away
    assert await _mail_server(config("", tmp_path)) is None
