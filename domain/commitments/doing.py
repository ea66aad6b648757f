"""What parties do on a commitment, and what they say of it."""

from collections.abc import Sequence

from domain.commitments import checks, clocks
from domain.commitments import commands as asked
from domain.commitments import events as happened
from domain.commitments.events import Event
from domain.commitments.state import Commitment, ReportState, State
from domain.commitments.words import Delivery, Due
from domain.deadlines import Standing, numbers
from domain.guards import counted
from domain.kernel import Refused


def report(command: asked.ReportProgress, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    checks.bound(found, unit)
    if command.milestone is not None:
        checks.milestone(found, command.milestone, "milestone")
    day = counted(command.effective_on, command.today)
    last = found.last_report(command.milestone)
    if last is not None and command.percent < last.percent:
        raise Refused(
            "progress-falls",
            f"{last.percent} % was reported before. A wrong figure is corrected by the unit that reported it, "
            "and contested by others.",
            reported=last.percent,
            fields=("percent",),
        )
    number = len(found.reports) + 1
    said = happened.ProgressReported(number, unit, command.percent, command.account, command.milestone)
    return [said, *clocks.after_report(found, unit, day, command.policy, command.calendar)]


def correct(command: asked.CorrectProgress, state: State) -> Sequence[Event]:
    """A correction that was wrong is corrected in its turn, and a mistake found after the end is not kept for ever."""
    found = checks.taken_on(checks.past_agreeing(state))
    checks.bound(found, command.acting.id)
    named = enumerate(found.reports, start=1)
    numbered = {version: (number, one) for number, one in named for version in (one.version, *one.corrections)}
    if command.corrects.stream != command.stream or command.corrects.version not in numbered:
        raise Refused(
            "no-such-report",
            "No report was recorded under that name here; the history names them all.",
            fields=("corrects",),
        )
    number, one = numbered[command.corrects.version]
    if one.unit != command.acting.id:
        raise Refused(
            "other-units-report",
            "A unit corrects its own reports; those of others it can contest.",
            fields=("corrects",),
        )
    if one.percent == command.percent:
        return []
    return [happened.ProgressCorrected(number, one.unit, command.percent, command.corrects)]


def confirm_report(command: asked.ConfirmReport, state: State) -> Sequence[Event]:
    unit = command.acting.id
    one = _others_report(command, checks.running(state))
    if unit in one.confirmed_by:
        return []
    if unit in one.contested_by:
        raise Refused(
            "answered-already", "Your unit has contested this report; its account stands beside it.", fields=("report",)
        )
    return [happened.ReportConfirmed(command.report, unit)]


def contest_report(command: asked.ContestReport, state: State) -> Sequence[Event]:
    """Also after the end: an owner that reports and closes in one breath leaves nobody without a word."""
    unit = command.acting.id
    one = _others_report(command, checks.taken_on(checks.past_agreeing(state)))
    if unit in (*one.confirmed_by, *one.contested_by):
        reason = "Your unit has confirmed or contested this report already; once it is corrected, it may do so anew."
        raise Refused("answered-already", reason, fields=("report",))
    if command.percent == one.percent:
        raise Refused("same-figure", "To contest a figure is to give another one.", fields=("percent",))
    return [happened.ReportContested(command.report, unit, command.percent)]


def _others_report(command: asked.ConfirmReport | asked.ContestReport, found: Commitment) -> ReportState:
    checks.bound(found, command.acting.id)
    if command.report > len(found.reports):
        raise Refused("no-such-report", f"There is no report {command.report}.", fields=("report",))
    one = found.reports[command.report - 1]
    if one.unit == command.acting.id:
        raise Refused("own-report", "A report is confirmed or contested by another party.", fields=("report",))
    return one


def complete_milestone(command: asked.CompleteMilestone, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    checks.bound(found, unit)
    one = checks.milestone(found, command.milestone, "milestone")
    if one.terms.responsible != unit:
        raise Refused("not-yours", "The unit that answers for a milestone completes it.", fields=("milestone",))
    if one.standing is Standing.MET:
        return []
    day = counted(command.effective_on, command.today)
    owed = numbers(found, (Due.MILESTONE,), clocks.WAITING)
    met = [
        happened.DeadlineMet(number, day > deadline.due_on, unit)
        for number, deadline in owed
        if deadline.about == command.milestone
    ]
    return [happened.MilestoneCompleted(command.milestone, unit), *met]


def confirm_milestone(command: asked.ConfirmMilestone, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    checks.bound(found, unit)
    one = checks.milestone(found, command.milestone, "milestone")
    if one.terms.responsible == unit:
        raise Refused("own-report", "A milestone is confirmed by another party.", fields=("milestone",))
    if one.standing is not Standing.MET:
        reason = "Nobody has said yet that this milestone is completed."
        raise Refused("milestone-open", reason, fields=("milestone",))
    return [] if one.confirmed else [happened.MilestoneConfirmed(command.milestone, unit)]


def deliver(command: asked.DeliverReport, state: State) -> Sequence[Event]:
    found, unit = checks.running(state), command.acting.id
    checks.bound(found, unit)
    if command.kind is not Delivery.PLAN and not _has_plan(found):
        reason = "Monitoring and inventories count from the submission of the plan."
        raise Refused("plan-first", reason, fields=("kind",))
    day = counted(command.effective_on, command.today)
    delivered = happened.ReportDelivered(command.kind, unit, command.document)
    return [
        delivered,
        *clocks.after_delivery(found, command.kind, unit, day, command.policy, command.calendar),
    ]


def _has_plan(state: Commitment) -> bool:
    return any(one.kind is Due.MONITORING for one in state.deadlines)


def attach(command: asked.AttachEvidence, state: State) -> Sequence[Event]:
    found = checks.taken_on(checks.past_agreeing(state))
    checks.bound(found, command.acting.id)
    if command.milestone is not None:
        checks.milestone(found, command.milestone, "milestone")
    number = found.evidence + 1
    return [happened.EvidenceAttached(number, command.acting.id, command.document, command.milestone)]
