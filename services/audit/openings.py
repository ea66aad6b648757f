"""What an auditor is shown of sealed values, compared with the signed hashes and with what was erased by record."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import msgspec

from domain.erasures import SubjectErased
from domain.ledger.findings import Finding
from domain.ledger.records import MAX_INTEGER, canonical, opened_hash
from services.audit.again import Get
from services.audit.bundle import UNREADABLE, Bundle
from services.audit.fetching import Unreachable
from services.codec import SEALED_MEMBER
from services.names import NAMES
from services.sealing import seals_of

PAGE = 500
MISSING = {
    "opening-missing": "A sealed value is gone, and no record says that it was erased.",
    "key-missing": "A sealed value cannot be opened: its key is gone, and no record says that it was erased.",
    "opening-altered": "A sealed value was altered where it is kept: its key does not open it any more.",
    "opening-differs": "The value is not what was sealed.",
}
_ERASURES = tuple(name for name, kind in NAMES.items() if kind is SubjectErased)
_SEALED = tuple(name for name, kind in NAMES.items() if seals_of(kind))


class Shown(msgspec.Struct, omit_defaults=True):
    """What is shown of one sealed value: value and salt, or why not. `record`: <stream>/<version>."""

    record: str
    path: str
    value: str = ""
    salt: str = ""
    missing: str = ""
    erased: str = ""


class _Opened(msgspec.Struct):
    value: str
    salt: str


class _Erased(msgspec.Struct):
    by: str


class _Named(msgspec.Struct):
    id: str
    ver: int


class _Item(msgspec.Struct):
    record: _Named
    opened: dict[str, _Opened] = {}
    erased: dict[str, _Erased] = {}
    missing: dict[str, str] = {}


class _Page(msgspec.Struct):
    items: list[_Item]
    next: str | None


class _Field(msgspec.Struct):
    record: str
    path: str


class _Data(msgspec.Struct):
    fields: list[_Field] = []


class _Leaf(msgspec.Struct):
    id: str
    ver: int
    type: str
    data: msgspec.Raw = msgspec.Raw(b"{}")
    sealed: dict[str, str] = {}


async def ask(get: Get, size: int) -> list[Shown]:
    """All that the server shows of the sealed values among the first `size` records. Raises Unreachable."""
    found = list[Shown]()
    for kind in _SEALED:
        after: int | None = -1
        while after is not None and size > 0:
            begin = "" if after == -1 else f"&after={after}"
            answer = await get(f"v1/records?type={kind}&as_of={size - 1}&limit={PAGE}&opened=true{begin}")
            try:
                page = msgspec.json.decode(answer or b"", type=_Page)
            except UNREADABLE as error:
                raise Unreachable(f"The server does not tell sealed values as a ledger does: {error}") from error
            found += [shown for item in page.items for shown in _shown(item)]
            after = _following(page, after)
    return found


def _following(page: _Page, after: int) -> int | None:
    """The position to go on behind, higher each time. Raises Unreachable."""
    if page.next is None:
        return None
    if not page.items or not page.next.isdecimal() or not after < int(page.next) < MAX_INTEGER:
        raise Unreachable(f"The server's pages of sealed values do not come to an end: {page.next[:40]!r} follows.")
    return int(page.next)


def _shown(item: _Item) -> Iterator[Shown]:
    name = f"{item.record.id}/{item.record.ver}"
    yield from (Shown(name, path, one.value, one.salt) for path, one in item.opened.items())
    yield from (Shown(name, path, missing=code) for path, code in item.missing.items())
    yield from (Shown(name, path, erased=one.by) for path, one in item.erased.items())


@dataclass(slots=True)
class Sealed:
    """The sealed values of a bundle, by record and path: (position, hash); and those that were erased."""

    hashes: dict[tuple[str, str], tuple[int, str]] = field(default_factory=dict)
    erased: set[tuple[str, str]] = field(default_factory=set)


def sealed_in(bundle: Bundle, size: int) -> Sealed:
    """Raises Unfit. What is no record is passed over: `verify` says so."""
    found = Sealed()
    for position, content in bundle.records(0, size):
        erasure = any(name.encode() in content for name in _ERASURES)
        if SEALED_MEMBER not in content and not erasure:
            continue
        try:
            leaf = msgspec.json.decode(content, type=_Leaf)
            data = msgspec.json.decode(leaf.data, type=_Data) if leaf.type in _ERASURES else _Data()
        except UNREADABLE:
            continue
        for path, digest in leaf.sealed.items():
            found.hashes[f"{leaf.id}/{leaf.ver}", path] = (position, digest)
        found.erased |= {(one.record, one.path) for one in data.fields}
    return found


def compare(sealed: Sealed, shown: Sequence[Shown]) -> Iterator[Finding]:
    """What is wrong with what was shown, in the order of the ledger."""
    there = {(one.record, one.path): one for one in shown}
    for place, (position, digest) in sealed.hashes.items():
        finding = _compared(there.get(place), place, position, digest, erased=place in sealed.erased)
        if finding is not None:
            yield finding
    for place in there.keys() - sealed.hashes.keys():
        yield Finding("opening-foreign", f"Nothing is sealed in {place[0]} under {place[1]} in this bundle.")


def _compared(one: Shown | None, place: tuple[str, str], position: int, digest: str, *, erased: bool) -> Finding | None:
    where = f" ({place[0]} {place[1]})"
    if erased:
        if one is None or not one.salt:
            return None
        return Finding("opening-of-erased", f"A record says that it was erased, and yet it is shown{where}.", position)
    if one is None or one.missing:
        code = one.missing if one is not None and one.missing in MISSING else "opening-missing"
        return Finding(code, MISSING[code] + where, position, digest)
    if one.erased:
        says = f"The server says that it was erased by {one.erased}, which is not in this bundle: fetch it anew{where}."
        return Finding("erasure-unseen", says, position)
    got = hashed(one.value, one.salt)
    return (
        None if got == digest else Finding("opening-differs", MISSING["opening-differs"] + where, position, digest, got)
    )


def hashed(value: str, salt: str) -> str:
    """The hash of a value and its salt (64 hexadecimal digits); what is no salt hashes to nothing."""
    try:
        return opened_hash(bytes.fromhex(salt), canonical(value))
    except ValueError:
        return ""
