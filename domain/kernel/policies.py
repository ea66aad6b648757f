"""A policy as it stands: its parameters, and what each rests on."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from domain.kernel.notes import Says, Text
from domain.kernel.refusals import Grounds


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """One parameter of a policy, as text, and what it rests on: a law (with its citation) or our default."""

    parameter: Annotated[
        str, Text(at_most=80, form=r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)?"), Says("Its name.", "answer_days")
    ]
    value: Annotated[str, Text(at_most=500)]
    basis: Annotated[
        str, Text(at_most=7, form="law|default"), Says("Whether a law says so, or only our default.", "law")
    ]
    citation: Annotated[str, Text(at_most=500, at_least=0), Says("The law, by its article.")] = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as it stands in one jurisdiction (`*`: everywhere else) at one version."""

    name: str
    jurisdiction: str
    version: int
    values: tuple[PolicyValue, ...]

    @property
    def ref(self) -> str:
        """How records name it: `commitment@3`, or `commitment/FR@2` where a jurisdiction has its own."""
        where = "" if self.jurisdiction == "*" else f"/{self.jurisdiction}"
        return f"{self.name}{where}@{self.version}"

    def text(self, parameter: str) -> str:
        return self._value(parameter).value

    def whole(self, parameter: str) -> int:
        return int(self.text(parameter))

    def number(self, parameter: str) -> Decimal:
        return Decimal(self.text(parameter))

    def grounds(self, parameter: str) -> Grounds:
        """For a refusal: which number said no, and whether a law or our default stands behind it."""
        value = self._value(parameter)
        return Grounds(self.ref, parameter, value.basis, value.citation)

    def _value(self, parameter: str) -> PolicyValue:
        return next(value for value in self.values if value.parameter == parameter)
