"""The one value that the context of commitments exports."""

from typing import Any, get_args

from domain.commitments import commands as asked
from domain.commitments.decide import decide
from domain.commitments.events import Event
from domain.commitments.evolve import evolve
from domain.commitments.state import Absent, Commitment
from domain.commitments.words import Answer, Part
from domain.kernel import By, Context, Decider, Role, StreamId, UnitId, named_stream, officers_of

OFFICER = (Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY)
SIGNATORY = (Role.AUTHORISED_SIGNATORY,)
ASSESSOR = (Role.INDEPENDENT_ASSESSOR,)
NOBODY: frozenset[UnitId] = frozenset()


def source_stream(source: str, row_key: str) -> StreamId:
    """The stream of the commitment recorded from a row of a published source: the same row, the same stream."""
    return named_stream("commitment-from-source", f"{source}:{row_key}")


def _home(command: Any, state: Any) -> UnitId | None:
    """The owner's jurisdiction, calendar and day apply."""
    return state.owner if isinstance(state, Commitment) else command.owner


@officers_of("the unit that owns it")
def _owner(command: Any, state: Any) -> frozenset[UnitId]:
    return frozenset({state.owner}) if isinstance(state, Commitment) else NOBODY


def _with(state: Any, *parts: Part) -> frozenset[UnitId]:
    if not isinstance(state, Commitment):
        return NOBODY
    return frozenset(p.unit for p in state.parties if p.answer is Answer.ACCEPTED and (not parts or p.part in parts))


@officers_of("a unit that owns it, alone or with others")
def _owners(command: Any, state: Any) -> frozenset[UnitId]:
    return _with(state, Part.OWNER, Part.CO_OWNER)


@officers_of("a unit that takes part in it")
def _parties(command: Any, state: Any) -> frozenset[UnitId]:
    return _with(state)


@officers_of("a unit that was invited to take part")
def _invited(command: Any, state: Any) -> frozenset[UnitId]:
    """Whoever was asked to take part, whatever they answered: to repeat an answer changes nothing."""
    if not isinstance(state, Commitment):
        return NOBODY
    return frozenset(party.unit for party in state.parties if party.unit != state.owner)


@officers_of("the unit that answers for that step")
def _responsible(command: Any, state: Any) -> frozenset[UnitId]:
    if not isinstance(state, Commitment) or command.milestone > len(state.milestones):
        return _parties(command, state)
    return frozenset({state.milestones[command.milestone - 1].terms.responsible})


@officers_of("the unit that owes the deadline")
def _owing(command: Any, state: Any) -> frozenset[UnitId]:
    """Who may ask for more time: whoever owes the deadline; for the whole, the owners."""
    if not isinstance(state, Commitment) or command.deadline is None:
        return _owners(command, state)
    unit = state.deadlines[command.deadline - 1].unit if command.deadline <= len(state.deadlines) else None
    return frozenset({unit}) if unit else _parties(command, state)


COMMITMENTS = Context(
    name="commitments",
    says="What units of one or several spheres promise, how far they are, and who says so.",
    rules="commitments.2",
    decider=Decider(initial=Absent(), decide=decide, evolve=evolve),
    commands={
        "propose": By(asked.ProposeCommitment, OFFICER, acting_for="owner", starts=True),
        "record-from-source": By(
            asked.RecordFromSource,
            (Role.REGISTRAR,),
            starts=True,
            stream=lambda command: source_stream(command.source.name, command.source.row_key),
        ),
        "update-from-source": By(asked.UpdateFromSource, (Role.REGISTRAR,)),
        "confirm-source": By(asked.ConfirmSource, OFFICER, acting_for=_owner),
        "contest-source": By(asked.ContestSource, OFFICER, acting_for=_owner, reasons=True),
        "add-party": By(asked.AddParty, OFFICER, acting_for=_owners),
        "accept": By(asked.AcceptParticipation, SIGNATORY, acting_for=_invited),
        "decline": By(asked.DeclineParticipation, SIGNATORY, acting_for=_invited, reasons=True),
        "set-target": By(asked.SetTarget, OFFICER, acting_for=_parties),
        "add-milestone": By(asked.AddMilestone, OFFICER, acting_for=_parties),
        "pledge-resource": By(asked.PledgeResource, (*OFFICER, Role.FINANCE_OFFICER), acting_for=_parties),
        "rest-on-mandate": By(asked.RestOnMandate, OFFICER, acting_for=_owners),
        "depend-on": By(asked.DependOn, OFFICER, acting_for=_owners),
        "withdraw-dependency": By(asked.WithdrawDependency, OFFICER, acting_for=_owners, reasons=True),
        "adopt": By(asked.AdoptCommitment, SIGNATORY, acting_for=_owner),
        "report-progress": By(asked.ReportProgress, OFFICER, acting_for=_parties),
        "correct-progress": By(asked.CorrectProgress, OFFICER, acting_for=_parties, reasons=True),
        "confirm-report": By(asked.ConfirmReport, OFFICER, acting_for=_parties),
        "contest-report": By(asked.ContestReport, OFFICER, acting_for=_parties, reasons=True),
        "complete-milestone": By(asked.CompleteMilestone, OFFICER, acting_for=_responsible),
        "confirm-milestone": By(asked.ConfirmMilestone, OFFICER, acting_for=_parties),
        "deliver-report": By(asked.DeliverReport, OFFICER, acting_for=_owners),
        "attach-evidence": By(asked.AttachEvidence, OFFICER, acting_for=_parties),
        "request-extension": By(asked.RequestExtension, OFFICER, acting_for=_owing, reasons=True),
        "grant-extension": By(asked.GrantExtension, SIGNATORY, acting_for=_parties),
        "refuse-extension": By(asked.RefuseExtension, SIGNATORY, acting_for=_parties, reasons=True),
        "propose-amendment": By(asked.ProposeAmendment, OFFICER, acting_for=_parties, reasons=True),
        "agree-amendment": By(asked.AgreeAmendment, SIGNATORY, acting_for=_parties),
        "refuse-amendment": By(asked.RefuseAmendment, SIGNATORY, acting_for=_parties, reasons=True),
        "withdraw": By(asked.WithdrawFromCommitment, SIGNATORY, acting_for=_parties, reasons=True),
        "assess-verifiability": By(asked.AssessVerifiability, ASSESSOR),
        "assess-potential": By(asked.AssessPotential, ASSESSOR),
        "assess-completion": By(asked.AssessCompletion, ASSESSOR),
        "assess-early-results": By(asked.AssessEarlyResults, ASSESSOR),
        "contest-assessment": By(asked.ContestAssessment, OFFICER, acting_for=_parties, reasons=True),
        "close": By(asked.CloseCommitment, OFFICER, acting_for=_owner, reasons=True),
        "miss-deadline": By(asked.MissDeadline),
        "lose-mandate": By(asked.LoseMandate),
        "succeed": By(asked.SucceedParty),
    },
    events=get_args(Event),
    home=_home,
    clock="miss-deadline",
)
