"""Which periods and thresholds rule where and when, and which law or default is behind each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from domain.kernel import Indexed, Policy, PolicyValue, Recorded, Says, Searched
from domain.policies import POLICIES as CONTEXT
from domain.policies import PolicyAdopted, PolicyAmended
from domain.policies.citing import UNREAD
from domain.replacing import replace
from projections.kernel import Look, View


class Basis(StrEnum):
    """What a value rests on. Unread: on our default, which is believed to follow the law that is cited."""

    LAW = "law"
    DEFAULT = "default"
    UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """One parameter in one version of a policy, from the first day on which it counts to the last, both included."""

    policy: Annotated[str, Indexed(), Says("The version it stands in, as records and deadlines name it: mandate/FR@1.")]
    name: Annotated[str, Indexed(), Searched(), Says("The policy.")]
    jurisdiction: Annotated[
        str,
        Indexed(),
        Says("ISO 3166 code of where it counts. A region without its own has its country's, a country that of *."),
    ]
    version: Annotated[int, Says("The number of the version.")]
    parameter: Annotated[str, Indexed(), Searched(), Says("What is fixed.")]
    value: Annotated[str, Says("The number, the share or the word.")]
    basis: Annotated[Basis, Indexed(), Says("What it rests on: law that was read, our default, or law not read yet.")]
    citation: Annotated[str, Searched(), Says("The law, by its article; empty where it is our proposal.")]
    in_force_from: Annotated[date, Indexed(), Says("The first day on which it counts.")]
    in_force_until: Annotated[
        date | None, Indexed(), Says("The last day; open if empty. Deadlines set until then stay as they are.")
    ]
    stream: Annotated[UUID, Says("The policy's id; its history says who adopted and amended it, and why.")]
    recorded_on: Annotated[date, Says("The day on which it was recorded (UTC).")]


def keys(record: Recorded, look: Look) -> Iterable[str]:
    """The parameters of this version, and of the one that it ends."""
    versions = (record.version - 1, record.version) if record.version > 1 else (record.version,)
    refs = [_version(record.event, version).ref for version in versions]
    return [f"{ref}/{value.parameter}" for ref in refs for value in record.event.values]


def fold(key: str, before: PolicyRow | None, record: Recorded, look: Look) -> PolicyRow | None:
    """A parameter that a later version has for the first time is in none before it."""
    event = record.event
    policy = _version(event, record.version)
    ref, _, parameter = key.rpartition("/")
    if ref != policy.ref:
        return before and replace(before, in_force_until=event.in_force_from - timedelta(days=1))
    value = next(value for value in event.values if value.parameter == parameter)
    basis = _basis(value)
    return PolicyRow(
        policy=ref,
        name=event.name,
        jurisdiction=event.jurisdiction,
        version=record.version,
        parameter=parameter,
        value=value.value,
        basis=basis,
        citation=value.citation.removeprefix(UNREAD) if basis is Basis.UNREAD else value.citation,
        in_force_from=event.in_force_from,
        in_force_until=None,
        stream=record.stream,
        recorded_on=record.at.date(),
    )


def _version(event: PolicyAdopted | PolicyAmended, version: int) -> Policy:
    """Every record of a policy is a version of it."""
    return Policy(event.name, event.jurisdiction, version, event.values)


def _basis(value: PolicyValue) -> Basis:
    basis = Basis(value.basis)
    return Basis.UNREAD if basis is Basis.DEFAULT and value.citation.startswith(UNREAD) else basis


POLICIES = View(
    name="policies",
    version=1,
    says="Which periods and thresholds rule where and when, and which law or default is behind each.",
    shows=("parameter", "value", "jurisdiction", "basis", "citation", "in_force_from", "in_force_until", "policy"),
    row=PolicyRow,
    key_says="The version and the parameter: commitment@1/report_months, mandate/FR@1/max_term_years.",
    touched_by=CONTEXT.events,
    keys=keys,
    fold=fold,
    sort="policy",
    span=("in_force_from", "in_force_until"),
)
