"""Adopting and amending a policy: a whole document each time, each value with what it rests on."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias, assert_never, get_args

from domain.kernel import (
    By,
    Context,
    Decider,
    Known,
    Many,
    Policy,
    PolicyValue,
    Refused,
    Role,
    Says,
    StreamId,
    Text,
    named_stream,
)
from domain.policies.parameters import KNOWN, contradictions
from domain.replacing import replace

EVERYWHERE = "*"
JURISDICTION = r"\*|[A-Z]{2}(?:-[A-Z0-9]{1,3})?"
LAW, DEFAULT = "law", "default"


@dataclass(frozen=True, slots=True)
class PolicyAdopted:
    """The first version of a policy in a jurisdiction (`*`: everywhere that has none of its own)."""

    name: str
    jurisdiction: str
    in_force_from: date
    values: tuple[PolicyValue, ...]


@dataclass(frozen=True, slots=True)
class PolicyAmended:
    """A later version, as a whole document; older ones stay valid for the days before it."""

    name: str
    jurisdiction: str
    in_force_from: date
    values: tuple[PolicyValue, ...]


Event: TypeAlias = PolicyAdopted | PolicyAmended


@dataclass(frozen=True, slots=True)
class AdoptPolicy:
    """Adopt a policy for a jurisdiction that has none of that name yet."""

    name: Annotated[str, Text(at_most=40, form="[a-z][a-z0-9_]*"), Says("The policy's name.", "commitment")]
    jurisdiction: Annotated[
        str, Text(at_most=6, form=JURISDICTION), Known("place"), Says("ISO 3166 code, or * for everywhere.", "FR")
    ]
    in_force_from: Annotated[date, Says("The first day on which it counts.")]
    values: Annotated[tuple[PolicyValue, ...], Many(1, 60), Says("Every parameter of the policy, none left out.")]


@dataclass(frozen=True, slots=True)
class AmendPolicy:
    """Replace a policy by a new version of the whole document; deadlines that were set stay as they are."""

    in_force_from: Annotated[date, Says("The first day on which the new version counts.")]
    values: Annotated[tuple[PolicyValue, ...], Many(1, 60), Says("Every parameter of the policy, none left out.")]


Command: TypeAlias = AdoptPolicy | AmendPolicy


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a policy and the first day on which it counts."""

    in_force_from: date
    policy: Policy


@dataclass(frozen=True, slots=True)
class Absent:
    """No policy of that name in that jurisdiction."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A policy with all its versions, oldest first."""

    versions: tuple[Version, ...]


State: TypeAlias = Absent | Adopted


def in_force(state: State, on: date) -> Policy | None:
    """The version that counts on a day; None where there is none, or none yet."""
    if isinstance(state, Absent):
        return None
    return next((version.policy for version in reversed(state.versions) if version.in_force_from <= on), None)


def numbered(state: State, version: int) -> Policy:
    """A version by its number, as records name it. What names one was recorded after it: `assert`."""
    assert isinstance(state, Adopted), "a version that is named has been adopted"
    return state.versions[version - 1].policy


def decide(command: Command, state: State) -> Sequence[Event]:
    match command:
        case AdoptPolicy():
            return _adopt(command, state)
        case AmendPolicy():
            return _amend(command, state)
        case _:
            assert_never(command)


def _adopt(command: AdoptPolicy, state: State) -> Sequence[Event]:
    adopted = PolicyAdopted(
        command.name, command.jurisdiction, command.in_force_from, _checked(command.name, command.values)
    )
    if isinstance(state, Absent):
        return [adopted]
    if state.versions == (_first(adopted),):
        return []
    raise Refused("policy-exists", "This policy has already been adopted there; amend it.")


def _amend(command: AmendPolicy, state: State) -> Sequence[Event]:
    if isinstance(state, Absent):
        raise Refused("policy-unknown", "No such policy has been adopted.")
    newest = state.versions[-1]
    values = _checked(newest.policy.name, command.values)
    if (command.in_force_from, values) == (newest.in_force_from, newest.policy.values):
        return []
    if command.in_force_from < newest.in_force_from:
        raise Refused(
            "version-out-of-order",
            f"The version before counts from {newest.in_force_from}; a later one cannot count earlier.",
            in_force_from=newest.in_force_from,
        )
    return [PolicyAmended(newest.policy.name, newest.policy.jurisdiction, command.in_force_from, values)]


def _checked(name: str, values: tuple[PolicyValue, ...]) -> tuple[PolicyValue, ...]:
    """The values in the order of the table: all are there, each of its kind, and none contradicts another."""
    if name not in KNOWN:
        raise Refused("policy-unknown", f"There is no policy {name}; known are {', '.join(KNOWN)}.")
    _complete(name, values)
    for value in values:
        _fitting(name, value)
    found = contradictions(name, {value.parameter: value.value for value in values})
    if found:
        raise Refused("values-contradict", " ".join(found))
    place = list(KNOWN[name]).index
    return tuple(sorted(values, key=lambda value: place(value.parameter)))


def _complete(name: str, values: tuple[PolicyValue, ...]) -> None:
    said = Counter(value.parameter for value in values)
    repeated = [parameter for parameter, times in said.items() if times > 1]
    unknown = [parameter for parameter in said if parameter not in KNOWN[name]]
    missing = [parameter for parameter in KNOWN[name] if parameter not in said]
    if repeated:
        raise Refused("parameter-repeated", f"Said more than once: {', '.join(repeated)}.")
    if unknown:
        raise Refused("parameter-unknown", f"The policy {name} has no parameter {', '.join(unknown)}.")
    if missing:
        raise Refused("parameter-missing", f"A policy is adopted whole; missing: {', '.join(missing)}.")


def _fitting(name: str, value: PolicyValue) -> None:
    kind = KNOWN[name][value.parameter]
    if not kind.fits(value.value):
        raise Refused("value-of-wrong-kind", f"{value.parameter} is {value.value!r}; it must be {kind.says}.")
    if value.basis not in (LAW, DEFAULT):
        raise Refused("basis-unknown", f"{value.parameter} rests on {value.basis!r}; it rests on law or on default.")
    if value.basis == LAW and not value.citation.strip():
        raise Refused("citation-required", f"{value.parameter} is said to be law; its citation is missing.")


def evolve(state: State, event: Event) -> State:
    match event:
        case PolicyAdopted():
            return Adopted((_first(event),))
        case PolicyAmended():
            assert isinstance(state, Adopted), "only an adopted policy is amended"
            newest = state.versions[-1].policy
            policy = replace(newest, version=newest.version + 1, values=event.values)
            return Adopted((*state.versions, Version(event.in_force_from, policy)))
        case _:
            assert_never(event)


def _first(event: PolicyAdopted) -> Version:
    return Version(event.in_force_from, Policy(event.name, event.jurisdiction, 1, event.values))


def policy_stream(name: str, jurisdiction: str = EVERYWHERE) -> StreamId:
    """The stream of a policy: its id follows from its name and jurisdiction."""
    return named_stream("policy", f"{name}:{jurisdiction}")


DECIDER: Decider[Command, State, Event] = Decider(initial=Absent(), decide=decide, evolve=evolve)

POLICIES = Context(
    name="policies",
    says="Every threshold and period that a decision rests on, in versions, each with the law or default behind it.",
    rules="policies.1",
    decider=DECIDER,
    commands={
        "adopt": By(
            AdoptPolicy,
            roles=(Role.POLICY_ADMIN,),
            starts=True,
            stream=lambda command: policy_stream(command.name, command.jurisdiction),
        ),
        "amend": By(AmendPolicy, roles=(Role.POLICY_ADMIN,), reasons=True),
    },
    events=get_args(Event),
)
