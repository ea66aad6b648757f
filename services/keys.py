"""The ledger's signing key: an Ed25519 private key in a file that only its owner reads."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from services.disk import place_secret, settle


class KeyUnusable(Exception):
    """The key file is missing or holds something else; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs checkpoints. `public`: 32 bytes."""

    sign: Callable[[bytes], bytes]
    public: bytes


def load_or_make(path: Path, *, may_make: bool) -> SigningKey:
    """The key in the file; a new one where there is none and the ledger is yet to be opened (`may_make`)."""
    if not path.exists():
        if not may_make:
            raise KeyUnusable(f"The ledger is open, but its signing key {path} is gone: restore it from your backup.")
        _write(path, Ed25519PrivateKey.generate())
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError, OSError) as error:
        why = f": {error.strerror}" if isinstance(error, OSError) else ""
        raise KeyUnusable(f"{path} cannot be read as an Ed25519 private key in PEM{why}.") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyUnusable(f"{path} holds a key of another kind; an Ed25519 private key is needed.")
    public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SigningKey(key.sign, public)


def check_with(public: bytes) -> Callable[[bytes, bytes], bool]:
    """Whether (signature, message) was signed by this public key."""
    key = Ed25519PublicKey.from_public_bytes(public)

    def check(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return check


def _write(path: Path, key: Ed25519PrivateKey) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    place_secret(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    # Whoever made it: a ledger opened under a key that a power cut takes could never be added to again.
    settle(path)
    settle(path.parent)
