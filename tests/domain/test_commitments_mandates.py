"""What a commitment rests on: it says so while the mandate stands, and the register says when it is gone."""

from dataclasses import replace

import pytest

from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.kernel import MandateFacts
from tests.domain.commitment_stories import (
    REGION,
    STATE,
    adopted,
    adopted_alone,
    agreed,
    ask,
    commitment,
    mandate,
    propose_alone,
    propose_shared,
    story,
)

OURS = mandate(1)
ENDED = replace(OURS, stage="revoked", in_force=False, ended=True)


def rest(facts: MandateFacts) -> asked.RestOnMandate:
    command = ask(asked.RestOnMandate, mandate_facts=facts)
    assert isinstance(command, asked.RestOnMandate)
    return command


def lose(facts: MandateFacts) -> asked.LoseMandate:
    command = ask(asked.LoseMandate, mandate_facts=facts)
    assert isinstance(command, asked.LoseMandate)
    return command


@pytest.mark.parametrize("before", [(propose_alone,), agreed, adopted_alone, adopted])
def test_it_rests_on_a_mandate_from_the_first_day_on(before: tuple[object, ...]) -> None:
    story(*before).when(rest(OURS)).then(happened.CommitmentRestedOnMandate(OURS.id))


def test_to_say_so_twice_changes_nothing() -> None:
    story(*adopted_alone, rest(OURS)).when(rest(OURS)).then_nothing_happens()


def test_a_mandate_that_another_party_exercises_will_do_once_it_has_accepted() -> None:
    theirs = mandate(2, REGION)
    story(propose_shared).when(rest(theirs)).then_refused("mandate-of-others")
    story(*adopted).when(rest(theirs)).then(happened.CommitmentRestedOnMandate(theirs.id))


def test_nothing_rests_on_what_is_not_there() -> None:
    told = story(*adopted_alone)
    told.when(rest(replace(OURS, exists=False))).then_refused("no-such-mandate")
    told.when(rest(ENDED)).then_refused("mandate-ended")
    told.when(rest(mandate(3, STATE))).then_refused("mandate-of-others")


def test_fifty_mandates_are_enough() -> None:
    told = story(*adopted_alone, *(rest(mandate(number)) for number in range(50)))
    told.when(rest(mandate(50))).then_refused("too-many-mandates")


def test_a_mandate_that_ended_is_lost_and_the_commitment_stands() -> None:
    told = story(*adopted_alone, rest(OURS))
    told.when(lose(ENDED)).then(happened.MandateLost(OURS.id))
    after = told.after(lose(ENDED))
    assert commitment(after).stage == commitment(told).stage
    assert commitment(after).rests_on == ()
    after.when(lose(ENDED)).then_nothing_happens()


def test_a_mandate_that_stands_is_not_lost() -> None:
    story(*adopted_alone, rest(OURS)).when(lose(OURS)).then_refused("mandate-stands")


def test_whoever_does_not_rest_on_it_loses_nothing() -> None:
    story(*adopted_alone).when(lose(ENDED)).then_nothing_happens()
