"""Ids of the driver's making are those of the standard library, to everybody who asks."""

from uuid import UUID, uuid4, uuid5

import msgspec
from hypothesis import given, strategies

from domain.kernel import NAMES
from services.store.ids import named_id, new_id, read_id


@given(strategies.text())
def test_the_id_that_follows_from_a_name_is_that_of_version_5(name: str) -> None:
    assert named_id(name) == uuid5(NAMES, name)


def test_a_new_id_is_one_of_version_4_and_there_is_no_other() -> None:
    found = [UUID(str(new_id())) for _ in range(1000)]
    assert {(one.version, one.variant) for one in found} == {(4, uuid4().variant)}
    assert len(set(found)) == 1000


@given(strategies.uuids())
def test_an_id_that_is_read_is_the_same_one_in_every_set_and_record(one: UUID) -> None:
    read = read_id(str(one).upper())
    assert isinstance(read, UUID)
    assert (read, hash(read), str(read), repr(read)) == (one, hash(one), str(one), repr(one))
    assert {one: 1}[read] == {read: 1}[one] == 1
    assert msgspec.json.encode({"id": read}) == msgspec.json.encode({"id": one})
    assert sorted([read, NAMES]) == sorted([one, NAMES])
