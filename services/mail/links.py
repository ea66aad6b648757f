"""What a subscription's own key does: it seals the address, and signs the links that are sent to it."""

import hmac
import secrets
from base64 import urlsafe_b64encode
from enum import StrEnum
from uuid import UUID, uuid5

from domain.kernel import NAMES
from domain.ledger.records import SALT_BYTES
from services.sealing import disclosed, enclosed

ADDRESSES = uuid5(NAMES, "mail-addresses")
"""The name of the key by which an address is found among others: who has it can try addresses."""
OF_ADDRESSES = b"subsidia mail address v1"
OF_LINKS = b"subsidia mail link v1"
SIGNATURE_BYTES = 18


class Purpose(StrEnum):
    """What a link is for. One is no key to the other: who is sent a digest by a friend confirms nothing with it."""

    CONFIRM = "confirm"
    LEAVE = "leave"


def found_by(key: bytes, address: str) -> bytes:
    """The same for the same address, however it is capitalised; `key`: that of `ADDRESSES`."""
    derived = hmac.digest(key, OF_ADDRESSES, "sha256")
    return hmac.digest(derived, address.lower().encode(), "sha256")


def mailbox(address: str) -> str:
    """Where it leads with most who keep mailboxes: what stands behind a plus sorts messages, and nobody asks for it."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"


def sealed(key: bytes, id: UUID, address: str) -> bytes:
    return enclosed(key, f"mail/{id}", secrets.token_bytes(SALT_BYTES), address.encode())


def unsealed(key: bytes, id: UUID, cipher: bytes) -> str:
    """Raises Unopenable."""
    return disclosed(key, f"mail/{id}", cipher)[1].decode()


def signature(key: bytes, id: UUID, purpose: Purpose) -> str:
    """Without the key nobody makes one; with the key it ends."""
    derived = hmac.digest(key, OF_LINKS, "sha256")
    made = hmac.digest(derived, f"{purpose}:{id}".encode(), "sha256")
    return urlsafe_b64encode(made[:SIGNATURE_BYTES]).decode()


def link(public_url: str, key: bytes, id: UUID, purpose: Purpose) -> str:
    return f"{public_url}/follow/{id}/{purpose}?by={signature(key, id, purpose)}"
