"""What somebody has read already is not read again for a state."""

from domain.contexts import CONTEXTS
from domain.kernel import StreamId
from services.keyring import MemoryKeyring
from services.states import States
from services.store.memory import MemoryStore
from services.store.ports import StoredRecord
from tests.services.audited import NOTARY
from tests.services.scribe import Scribe
from tests.services.store_ledgers import KEY


async def _recorded() -> tuple[Scribe, States, list[StoredRecord]]:
    """Over a store in which there is nothing: what is told alone can be known. And all records of the registrar."""
    scribe = Scribe()
    await scribe.open()
    states = States(MemoryStore(NOTARY.origin, KEY), scribe.codec, CONTEXTS, MemoryKeyring())
    registrar = scribe.registrar.unit
    return scribe, states, [one for one in scribe.records if one.stream == registrar]


async def test_who_was_handed_all_records_of_a_stream_knows_its_state() -> None:
    scribe, states, records = await _recorded()
    stream = StreamId(records[0].stream)
    states.told(records)
    assert states.holds(stream, len(records))
    assert not states.holds(stream, len(records) + 1), "another process may write on"
    version, state = await states.state("units", stream)
    assert version == len(records) > 1
    assert state == CONTEXTS["units"].decider.fold(scribe.codec.events(records))


async def test_the_end_of_a_stream_alone_tells_nothing() -> None:
    _, states, records = await _recorded()
    states.told(records[1:])
    assert not states.holds(StreamId(records[0].stream))


async def test_what_is_known_already_stays() -> None:
    """It may be newer than what is handed on: where it is older, whoever needs a newer one forgets it first."""
    _, states, records = await _recorded()
    states.told(records)
    states.told(records[:1])
    assert (await states.state("units", StreamId(records[0].stream)))[0] == len(records)
