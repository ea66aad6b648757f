"""Signatures of Standard Webhooks (standardwebhooks.com, version 1.0.0): HMAC-SHA256 under a shared secret."""

import hmac
from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

PREFIX = "whsec_"


def shown(secret: bytes) -> str:
    """A secret as receivers are given it."""
    return PREFIX + b64encode(secret).decode()


def signed(secrets: Sequence[bytes], id: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of a message. `timestamp`: of this try, in seconds; `id` stays the same however often it is sent.

    Signed with each secret: while one is exchanged, whoever has either finds a signature that fits.
    """
    content = b"%s.%d.%s" % (id.encode(), timestamp, body)
    signatures = (b64encode(hmac.digest(secret, content, sha256)).decode() for secret in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }
