"""Who owes whom, by sphere: exact sums, every pair of spheres there, and each commitment in one class."""

from collections import Counter

from hypothesis import given, settings

from domain.commitments import commands as asked
from domain.commitments.words import ENDED
from domain.kernel import Sphere
from projections.commitment_row import CommitmentRow
from projections.spheres import CLASSES, SphereRow, class_of
from projections.views import VIEWS
from tests.domain.commitment_stories import REGION, STREAM, accept, adopted, adopted_alone, ask, histories, report
from tests.domain.commitment_stories import propose_shared as shared
from tests.domain.moves import Move
from tests.projections.register import LEDGER, Register, directory, opened
from tests.projections.test_scorecards import OTHER


def row(register: Register, key: str) -> SphereRow:
    found = register.one("spheres", key)
    assert isinstance(found, SphereRow)
    return found


def test_when_the_ledger_opens_every_pair_of_spheres_is_there_with_0() -> None:
    rows = Register(VIEWS).tell(LEDGER, opened).of("spheres")
    assert set(rows) == {f"{owes}/{whom}" for owes in Sphere for whom in ("all", *Sphere)}
    assert all(one.commitments == 0 for one in rows.values())


def test_a_commitment_is_owed_to_whom_it_invites_and_counts_once_in_all() -> None:
    register = directory().given(shared)
    assert row(register, "local/all").commitments == row(register, "local/regional").proposed == 1
    assert row(register, "regional/local").commitments == row(register, "regional/all").commitments == 0
    register.given(accept).given(adopted_alone[0], stream=OTHER)
    assert (row(register, "local/all").commitments, row(register, "local/regional").commitments) == (2, 1)
    assert row(register, "local/local").commitments == 0, "nobody is a counterpart of its own"


def test_what_is_contested_is_told_as_that_and_no_more_by_its_state() -> None:
    register = directory().given(*adopted, report(50))
    assert (row(register, "local/regional").in_progress, row(register, "local/regional").contested) == (1, 0)
    register.given(ask(asked.ContestReport, REGION, report=1, percent=10))
    assert (row(register, "local/regional").in_progress, row(register, "local/regional").contested) == (0, 1)
    assert row(register, "local/all").going_on == 1


@settings(max_examples=25)
@given(histories())
def test_after_every_history_rows_are_what_the_commitments_say(moves: list[Move]) -> None:
    register = directory().given(adopted_alone[0], stream=OTHER)
    for move in moves:
        register.tell(STREAM, *move.events, on=move.day, by=move.unit)
    commitments: list[CommitmentRow] = list(register.all("commitments"))
    for found in register.of("spheres").values():
        of = [
            one for one in commitments
            if one.owner_sphere == found.owner_sphere and found.counterpart in (None, *one.counterparts)
        ]  # fmt: skip
        classes = Counter(class_of(one.state, one.contested, one.inactive) for one in of)
        assert {name: getattr(found, name) for name in CLASSES} == {name: classes[name] for name in CLASSES}
        assert found.commitments == len(of) == sum(classes.values())
        assert found.going_on == sum(one.state not in ENDED for one in of)
        assert found.delayed == sum(one.delayed and one.state not in ENDED for one in of)
