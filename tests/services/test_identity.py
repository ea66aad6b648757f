"""What a provider signed is believed, and nothing else; what the configuration says of providers."""

import hmac
import json
import warnings
from base64 import urlsafe_b64encode
from pathlib import Path
from time import time
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from services.config import Config, Misconfigured
from services.identity.provider import Provider, named, providers
from services.identity.signatures import Keys, UnknownKey, Untrue, issuer_of, signed, type_of

ISSUER, REGISTER = "https://login.example.gov", "https://register.example"
TYPES = frozenset({"at+jwt"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed"})
P384 = ECKey.generate_key("P-384", {"kid": "p384"})
with warnings.catch_warnings(action="ignore"):
    SMALL = RSAKey.generate_key(1024, {"kid": "small"})
PUBLISHED = {"keys": [one.as_dict(private=False) for one in (RSA, EC, ED, P384, SMALL)]}
KEYS = Keys(PUBLISHED)
claims = {"iss": ISSUER, "aud": REGISTER, "sub": "robot", "iat": int(time()), "exp": int(time()) + 86_400}


def made(key: Any = RSA, alg: str = "RS256", said: Any = None, **header: Any) -> str:
    kept = {name: value for name, value in (claims | (said or {})).items() if value is not None}
    named = {"alg": alg, "typ": "at+jwt", "kid": key.kid} | header
    return jwt.encode({name: value for name, value in named.items() if value is not None}, kept, key, algorithms=[alg])


def believed(text: str, keys: Keys = KEYS) -> str:
    return str(signed(text, keys, ISSUER, REGISTER, TYPES)["sub"])


@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize(
    ("key", "alg"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA"), (ED, "Ed25519")]
)  # fmt: skip
def test_what_the_provider_signed_is_believed(key: Any, alg: str) -> None:
    assert believed(made(key, alg)) == "robot"
    assert believed(made(key, alg, typ="application/at+JWT", kid=None)) == "robot"
    assert believed(made(key, alg, {"aud": ["https://other.example", REGISTER]})) == "robot"


def unsigned(header: Any, said: Any = None) -> str:
    parts = (json.dumps(one).encode() for one in (header, said or claims))
    return ".".join(urlsafe_b64encode(one).decode().rstrip("=") for one in parts) + "."


def rightly(header: Any, said: Any) -> str:
    """Signed by the provider's own key, whatever it says."""
    text = unsigned(header, said).rstrip(".")
    assert RSA.private_key is not None
    made = RSA.private_key.sign(text.encode(), PKCS1v15(), SHA256())
    return f"{text}.{urlsafe_b64encode(made).decode().rstrip('=')}"


def by_public_key() -> str:
    """As whoever knows only the public key may try: the secret of HS256 is what everybody knows."""
    text = unsigned({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}).rstrip(".")
    made = hmac.digest(RSA.as_pem(private=False), text.encode(), "sha256")
    return f"{text}.{urlsafe_b64encode(made).decode().rstrip('=')}"


OTHER = RSAKey.generate_key(2048, {"kid": "rsa"})
FORGED = {
    "no signature": unsigned({"alg": "none", "typ": "at+jwt"}),
    "none and a signature": unsigned({"alg": "none", "typ": "at+jwt", "kid": "rsa"}) + "AAAA",
    "RS256 and none": unsigned({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}) + "AAAA",
    "the public key as a secret": by_public_key(),
    "another key of the same name": made(OTHER),
    "a key that comes along": made(OTHER, jwk=OTHER.as_dict(private=False), kid="mine"),
    "one key's name with another's algorithm": made(EC, "ES256", kid="rsa"),
    "an algorithm that is not allowed": made(RSA, "PS256"),
    "a curve that is not allowed": made(P384, "ES384"),
    "a key that is too small": made(SMALL, kid="small"),
    "what must be understood and is not": rightly(
        {"alg": "RS256", "typ": "at+jwt", "kid": "rsa", "crit": ["x"], "x": 1}, claims
    ),
    "an ID token": made(typ="JWT"),
    "no type": rightly({"alg": "RS256", "kid": "rsa"}, claims),
    "another issuer": made(said={"iss": "https://login.example.com"}),
    "for another register": made(said={"aud": "https://other.example"}),
    "for a part of our name": made(said={"aud": [REGISTER + "/"]}),
    "for nobody": made(said={"aud": None}),
    "expired": made(said={"exp": time() - 61}),
    "of an end that no calendar has": made(said={"exp": 10**400}),
    "of an end that is no number": made(said={"exp": float("nan")}),
    "without an end": made(said={"exp": None}),
    "of tomorrow": made(said={"iat": time() + 86400}),
    "not before tomorrow": made(said={"nbf": time() + 86400}),
    "about nobody": made(said={"sub": None}),
    "about something": made(said={"sub": 7}),
    "about what nobody sees": made(said={"sub": "robot\0"}),
    "five parts": made() + ".x.y",
    "no base64": "ä.ö.ü",
    "too long": made(said={"x": "x" * 9000}),
    "no object": rightly({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, [claims]),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_it_did_not_sign_for_us_is_not(forged: str) -> None:
    with pytest.raises(Untrue):
        believed(forged)


def test_signed_by_hand_it_is_believed_as_well() -> None:
    assert believed(rightly({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, claims)) == "robot"


def test_altered_by_one_sign_it_is_not_believed() -> None:
    head, body, signature = made().split(".")
    altered = body[:20] + ("A" if body[20] != "A" else "B") + body[21:]
    with pytest.raises(Untrue):
        believed(f"{head}.{altered}.{signature}")


def test_a_token_that_names_no_key_is_of_the_only_one_that_fits() -> None:
    two = Keys({"keys": [RSA.as_dict(private=False), OTHER.as_dict(private=False) | {"kid": "other"}]})
    with pytest.raises(UnknownKey):
        believed(made(kid=None), two)
    assert believed(made(), two) == "robot"


def test_keys_that_are_none_are_left_out() -> None:
    odd: list[Any] = [7, {}, {"kty": "oct", "k": "AAAA"}, {"kty": "RSA", "n": "?"}, {"kty": ["RSA"]}]
    encrypts = RSA.as_dict(private=False) | {"use": "enc"}
    assert not Keys({"keys": [*odd, encrypts]})
    assert not Keys({"keys": "all"})
    assert not Keys({})


def test_an_issuer_is_read_out_of_a_token_before_it_is_believed() -> None:
    assert issuer_of(made()) == ISSUER
    assert type_of(made()) == "at+jwt"
    odd = ("", "a.b", "a.W10.c", "W10.a.c", "..", "a.\ud800.c", "\ud800.a.c")
    assert [(issuer_of(text), type_of(text)) for text in odd] == [(None, "")] * len(odd)


def test_a_provider_is_one_address(tmp_path: Path) -> None:
    found = Provider.read("https://us:s%40cret@login.example.gov/realms/x?name=Ministry+of+X")
    assert found == Provider("https://login.example.gov/realms/x", "us", "s@cret", "Ministry of X")
    assert "s@cret" not in repr(found)
    assert found.redirect(REGISTER) == f"{REGISTER}/sign-in/from/login.example.gov-realms-x"
    (tmp_path / "secret").write_text("in a file\n")
    kept = Provider.read(f"http://us@127.0.0.1:9000?secret_file={tmp_path / 'secret'}")
    assert (kept.issuer, kept.secret, kept.name) == ("http://127.0.0.1:9000", "in a file", "127.0.0.1")
    typed = Provider.read("https://us@login.example.gov?jwt_audience=api://register")
    assert (typed.jwt_audience, typed.name, kept.jwt_audience) == ("api://register", "login.example.gov", "")
    both = providers("https://us:a@one.example  https://us:b@two.example")
    assert named(both, "two.example") == named(both, "https://two.example") == both[1]
    assert (named(both, ""), named(both[:1], "")) == (None, both[0])


def test_who_is_elsewhere_names_nothing_on_this_machine() -> None:
    far, here = Provider.read("https://us:x@login.example.gov"), Provider.read("http://us:x@127.0.0.1:9")
    there = ["https://keys.example.com/all", "http://127.0.0.1:8080/x", "HTTP://localhost/x", "http://a.example", None]
    assert [far.trusted(one) for one in there] == [True, False, False, False, False]
    assert [here.trusted(one) for one in there] == [True, True, True, False, False]


@pytest.mark.parametrize(
    "wrong",
    [
        "login.example.gov", "https://login.example.gov", "http://us:s3cret@login.example.gov", "https://us:s3cret@",
        "https://us:s3cret@a.example?nam=x", "https://us:s3cret@a.example#x", "https://us:s3cret@a.example:port",
        "https://us:s3cret@a.example?secret_file=/x", "https://us@a.example?secret_file=/nowhere/s3cret",
        "https://us:s3cret@a.example https://us:s3cret@a.example", "https://us:s3cret@a.example?jwt_audience=us",
    ],
)  # fmt: skip
def test_what_is_no_provider_is_said_without_its_secret(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBSIDIA_IDENTITY", wrong)
    monkeypatch.setenv("SUBSIDIA_PUBLIC_URL", REGISTER)
    with pytest.raises(Misconfigured, match="SUBSIDIA_IDENTITY") as found:
        Config.read()
    assert "s3cret" not in str(found.value)


def test_people_must_be_sent_back_somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUBSIDIA_IDENTITY", "https://us:s3cret@login.example.gov")
    with pytest.raises(Misconfigured, match="SUBSIDIA_PUBLIC_URL"):
        Config.read()
