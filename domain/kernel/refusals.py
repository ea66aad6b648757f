"""How a rule says no, and what that rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID


class Refused(Exception):
    """A rule says no: a stable code for machines, a sentence for people, the policy it rests on, and facts.

    `fields`: those of the command that it is about, where it is about some; a point leads into one (`changes.title`).
    `names`: what the units among the facts are called, as far as whoever passes it on has looked them up.
    """

    def __init__(
        self, code: str, reason: str, *, policy: "Grounds | None" = None, fields: Sequence[str] = (), **facts: Any
    ) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason
        self.policy = policy
        self.fields = fields
        self.facts = facts
        self.names: Mapping[UUID, str] = {}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a refusal rests on: the parameter of a policy, and whether a law or only our default says so.

    Where no policy has a say, it is a rule of a context: `policy` names the version of its rules (`mandates.1`), and
    `parameter` is the refusal's code.
    """

    policy: str
    parameter: str
    basis: str
    citation: str = ""
