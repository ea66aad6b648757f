"""Every stream's state, once by our own reading of the records and once by the stock eventsourcing library's."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

import msgspec

from domain.contexts import CONTEXTS
from domain.kernel import Context
from domain.ledger.findings import Finding
from services.audit.bundle import UNREADABLE, Bundle, Unfit
from services.audit.deciding import UNSOUND
from services.audit.fetching import read_checkpoint
from services.audit.verifying import Report
from services.codec import Codec, construct
from services.names import NAMES
from services.replaying import canonical
from services.store.ports import StoredRecord
from services.store.stock import Envelope, NotTaken, Stock

Progress = Callable[[int, int], None]


class _Named(msgspec.Struct):
    id: UUID
    ver: int
    type: str


_named = msgspec.json.Decoder(_Named)


def cross_check(
    bundle: Bundle,
    *,
    contexts: Mapping[str, Context] = CONTEXTS,
    names: Mapping[str, type] = NAMES,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Whether an application written on plain eventsourcing, given the bundle's records, comes to the same states."""
    report = Report()
    try:
        said = read_checkpoint(bundle.note())
        records = list(_records(bundle, said.size))
    except Unfit as unfit:
        report.add(unfit.finding)
        return report
    except ValueError as error:
        report.add(Finding("checkpoint-malformed", f"The bundle's checkpoint is none: {error}"))
        return report
    report.origin, report.size, report.root = said.origin, said.size, said.root.hex()
    stock = Stock(names)
    try:
        stock.take(records)
        report.add(*_compared(stock, records, Codec(said.origin, names), contexts, progress))
    except NotTaken as error:
        report.add(Finding("stock-differs", f"The library refuses the history: {error}"))
    finally:
        stock.close()
    report.verified = said.size if not report.findings else 0
    report.checked.append(f"{len({one.stream for one in records}):,} streams read by the eventsourcing library")
    report.unchecked.append("the bundle itself: run `subsidia audit verify` on it")
    return report


def _records(bundle: Bundle, size: int) -> Iterator[StoredRecord]:
    for position, content in bundle.records(0, size):
        try:
            named = _named.decode(content)
        except UNREADABLE as error:
            raise Unfit(Finding("record-unreadable", f"The record cannot be read: {error}", position)) from error
        yield StoredRecord(position, named.id, named.ver, named.type, content)


def _compared(
    stock: Stock, records: list[StoredRecord], codec: Codec, contexts: Mapping[str, Context], progress: Progress
) -> Iterator[Finding]:
    for ours, theirs in zip(records, stock.order(), strict=True):
        if ours[:3] != theirs:
            yield Finding("stock-differs", "The library tells another order.", ours[0], str(ours[:3]), str(theirs))
            return
    homes = {event: context for context in contexts.values() for event in context.events}
    streams: dict[UUID, list[StoredRecord]] = {}
    for record in records:
        streams.setdefault(record.stream, []).append(record)
    for done, (stream, found) in enumerate(streams.items(), start=1):
        yield from _of_stream(stock, stream, found, codec, homes)
        progress(done, len(streams))


def _of_stream(
    stock: Stock, stream: UUID, found: list[StoredRecord], codec: Codec, homes: Mapping[type, Context]
) -> Iterator[Finding]:
    last = found[-1].position
    try:
        events = codec.events(found)
        context = homes[type(events[0])]
        ours = canonical(context.decider.fold(events))
        theirs = canonical(stock.state(stream, _folding(context, codec.names)))
    except UNSOUND as error:
        yield Finding("record-unreadable", f"Stream {stream} cannot be folded: {error}", found[0].position)
        return
    if ours != theirs:
        says = f"Of stream {stream} the library's reading comes to another state."
        yield Finding("stock-differs", says, last, ours.decode(), theirs.decode())


def _folding(context: Context, names: Mapping[str, type]) -> Callable[[Any, Iterable[Envelope]], Any]:
    """Our fold as the library calls it: with what its own transcoder made of a record."""

    def fold(state: Any, envelopes: Iterable[Envelope]) -> Any:
        return context.decider.fold([_event(one, names) for one in envelopes], state)

    return fold


def _event(envelope: Envelope, names: Mapping[str, type]) -> Any:
    hidden = {path[1:]: digest for path, digest in getattr(envelope, "sealed", {}).items()}
    return msgspec.convert(envelope.data | hidden, names[envelope.type], dec_hook=construct)
