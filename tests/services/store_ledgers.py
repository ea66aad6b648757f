"""What the tests of the store share: a key, an origin, and changes that say little."""

from uuid import UUID, uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from services.keys import SigningKey
from services.store.checkpoints import Notary
from services.store.ports import Change, Draft

ORIGIN = "example.org/ledger"


def made_key(seed: int) -> SigningKey:
    private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return SigningKey(private.sign, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))


KEY = made_key(1)
NOTARY = Notary(ORIGIN, KEY)


def draft(stream: UUID, version: int = 1, *, type_: str = "thing-done.1", text: str = "") -> Draft:
    return Draft(stream, version, type_, b'{"actor":{"system":"clock"},', b',"data":{"text":"%s"}}' % text.encode())


def change(*drafts: Draft, cmd: UUID | None = None, caller: str = "gent/2", fingerprint: bytes = b"one") -> Change:
    """One command; without drafts it says that all is already so."""
    return Change(cmd or uuid4(), caller, fingerprint, drafts)


def thing(text: str = "") -> Change:
    return change(draft(uuid4(), text=text), draft(uuid4()))
