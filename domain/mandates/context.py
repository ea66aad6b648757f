"""The one value that the context of mandates exports."""

from collections.abc import Iterator, Sequence
from typing import Any, get_args

from domain.kernel import By, Claim, Context, Decider, Role, UnitId, officers_of
from domain.mandates import commands as asked
from domain.mandates import events as happened
from domain.mandates.decide import decide
from domain.mandates.events import Event
from domain.mandates.state import Absent, Mandate, evolve
from domain.mandates.words import Scope

OFFICER = (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
SIGNATORY = (Role.AUTHORISED_SIGNATORY,)
FINANCE = (Role.FINANCE_OFFICER,)
NOBODY: frozenset[UnitId] = frozenset()


def _home(command: Any, state: Any) -> UnitId | None:
    """The giver's jurisdiction, calendar and day apply."""
    return state.giver if isinstance(state, Mandate) else command.giver


@officers_of("the unit that entrusts it")
def _giver(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset({state.giver}) if isinstance(state, Mandate) else NOBODY


@officers_of("the unit that it is entrusted to")
def _recipient(command: Any, state: Any) -> frozenset[UnitId]:
    """Never the giver: who delegates cannot accept for the delegate."""
    return frozenset({state.recipient}) if isinstance(state, Mandate) else NOBODY


@officers_of("the unit that entrusts it, or of the one that it is entrusted to")
def _either(command: Any, state: Any) -> frozenset[UnitId]:
    return _giver(command, state) | _recipient(command, state)


def claims(event: Event) -> Sequence[Claim]:
    """Nobody else is entrusted with what is exclusive, from activation to the end, suspensions included."""
    match event:
        case happened.MandateTerritoryMoved():
            return (*_held(event.former, taken=False), *_held(event.exclusive, taken=True))
        case happened.MandateActivated():
            taken = True
        case (
            happened.MandateRevoked()
            | happened.MandateReturned()
            | happened.MandateSuperseded()
            | happened.MandateExpired()
        ):
            taken = False
        case _:
            return ()
    return () if event.exclusive is None else tuple(_held(event.exclusive, taken=taken))


def _held(scope: Scope, *, taken: bool) -> Iterator[Claim]:
    """The territory alone; what it lies in shared with others that lie there, so that nobody holds all of it."""
    says = f"Somebody else is entrusted with {scope.function} exclusively in {{place}}, or in a part of it."
    for word in scope.words(scope.territory):
        yield Claim(word, taken, says=says, place=scope.territory)
    says = (
        f"Somebody else is entrusted with {scope.function} exclusively in all of {{place}}, where this territory lies."
    )
    for land in scope.within:
        for word in scope.words(land):
            yield Claim(word, taken, shared=True, says=says, place=land)


MANDATES = Context(
    name="mandates",
    says="What units entrust to one another: devolved, delegated, deconcentrated; with what money, until when.",
    rules="mandates.6",
    decider=Decider(initial=Absent(), decide=decide, evolve=evolve),
    commands={
        "draft": By(asked.DraftMandate, OFFICER, acting_for="giver", starts=True),
        "sub-delegate": By(asked.SubDelegate, OFFICER, acting_for="giver", starts=True),
        "record-consultation": By(asked.RecordConsultation, OFFICER, acting_for=_giver),
        "attach-estimate": By(asked.AttachCostEstimate, FINANCE, acting_for=_giver),
        "commit-funding": By(asked.CommitFunding, FINANCE, acting_for=_giver),
        "correct": By(asked.CorrectMandate, OFFICER, acting_for=_giver, reasons=True),
        "offer": By(asked.OfferMandate, SIGNATORY, acting_for=_giver),
        "accept": By(asked.AcceptMandate, SIGNATORY, acting_for=_recipient),
        "accept-with-reservations": By(asked.AcceptWithReservations, SIGNATORY, acting_for=_recipient),
        "agree-reservations": By(asked.AgreeReservations, SIGNATORY, acting_for=_giver),
        "decline": By(asked.DeclineMandate, SIGNATORY, acting_for=_recipient, reasons=True),
        "withdraw": By(asked.WithdrawMandate, SIGNATORY, acting_for=_giver, reasons=True),
        "activate": By(asked.ActivateMandate, SIGNATORY, acting_for=_giver),
        "report-exercise": By(asked.ReportExercise, OFFICER, acting_for=_recipient),
        "suspend": By(asked.SuspendMandate, SIGNATORY, acting_for=_giver, reasons=True),
        "prolong-suspension": By(asked.ProlongSuspension, SIGNATORY, acting_for=_giver, reasons=True),
        "agree-suspension": By(asked.AgreeSuspension, SIGNATORY, acting_for=_recipient),
        "restore": By(asked.RestoreMandate, SIGNATORY, acting_for=_giver),
        "give-notice": By(asked.GiveRevocationNotice, SIGNATORY, acting_for=_giver, reasons=True),
        "withdraw-notice": By(asked.WithdrawNotice, SIGNATORY, acting_for=_giver),
        "agree-revocation": By(asked.AgreeRevocation, SIGNATORY, acting_for=_recipient),
        "record-hearing": By(asked.RecordHearing, OFFICER, acting_for=_either),
        "revoke": By(asked.RevokeMandate, SIGNATORY, acting_for=_giver, reasons=True),
        "return": By(asked.ReturnMandate, SIGNATORY, acting_for=_recipient, reasons=True),
        "renew": By(asked.RenewMandate, SIGNATORY, acting_for=_giver, reasons=True),
        "accept-renewal": By(asked.AcceptRenewal, SIGNATORY, acting_for=_recipient),
        "supersede": By(asked.SupersedeMandate, SIGNATORY, acting_for=_giver, reasons=True),
        "pass-deadline": By(asked.PassDeadline),
        "record-sub-delegation": By(asked.RecordSubDelegation),
        "follow-parent": By(asked.FollowParent),
        "lapse": By(asked.LapseMandate),
        "succeed": By(asked.SucceedParty),
        "follow-territory": By(asked.FollowTerritory),
    },
    events=get_args(Event),
    claims=claims,
    home=_home,
    clock="pass-deadline",
)
