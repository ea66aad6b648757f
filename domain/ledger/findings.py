"""What an audit may find, in words for people and codes for machines, and what each means for the verdict."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum


class Verdict(IntEnum):
    """The exit status of an audit."""

    VERIFIED = 0
    BROKEN = 1
    ASKED_WRONGLY = 2
    INCOMPLETE = 3
    POLICY_NOT_MET = 4
    FORK = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be. `position`: the first record it is about; None: the ledger as a whole."""

    code: str
    says: str
    position: int | None = None
    expected: str = ""
    got: str = ""

    @property
    def verdict(self) -> Verdict:
        return _VERDICTS.get(self.code, Verdict.BROKEN)


_VERDICTS: Mapping[str, Verdict] = {
    "fork": Verdict.FORK,
    "older-than-saved": Verdict.POLICY_NOT_MET,
    "checkpoint-missing": Verdict.INCOMPLETE,
    "tile-missing": Verdict.INCOMPLETE,
    "tile-cut": Verdict.INCOMPLETE,
    "foreign-file": Verdict.INCOMPLETE,
    "second-checkpoint": Verdict.INCOMPLETE,
    "unreachable": Verdict.INCOMPLETE,
    "not-a-bundle": Verdict.INCOMPLETE,
    "bundle-too-small": Verdict.INCOMPLETE,
    "ledger-empty": Verdict.INCOMPLETE,
    "type-unknown": Verdict.INCOMPLETE,
    "record-newer": Verdict.INCOMPLETE,
    "view-newer": Verdict.INCOMPLETE,
    "rules-newer": Verdict.INCOMPLETE,
    "undecided": Verdict.INCOMPLETE,
    "policy-unshipped": Verdict.INCOMPLETE,
    "erasure-unseen": Verdict.INCOMPLETE,
    "opening-foreign": Verdict.INCOMPLETE,
    "nothing-compared": Verdict.INCOMPLETE,
    "witness-missing": Verdict.POLICY_NOT_MET,
    "deadline-unpassed": Verdict.POLICY_NOT_MET,
    "rules-backwards": Verdict.POLICY_NOT_MET,
    "opening-of-erased": Verdict.POLICY_NOT_MET,
    "published-otherwise": Verdict.ASKED_WRONGLY,
    "file-unreadable": Verdict.ASKED_WRONGLY,
    "saved-unsigned": Verdict.ASKED_WRONGLY,
    "question-refused": Verdict.ASKED_WRONGLY,
    "ledger-foreign": Verdict.ASKED_WRONGLY,
    "record-unknown": Verdict.ASKED_WRONGLY,
    "position-out-of-range": Verdict.ASKED_WRONGLY,
    "before-first-record": Verdict.ASKED_WRONGLY,
    "key-unknown": Verdict.ASKED_WRONGLY,
    "report-too-large": Verdict.ASKED_WRONGLY,
}
"""Whatever is not named here is a failure of integrity."""
_GRAVEST = (Verdict.FORK, Verdict.BROKEN, Verdict.POLICY_NOT_MET, Verdict.ASKED_WRONGLY, Verdict.INCOMPLETE)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """The gravest of them; verified where there is none."""
    found = {one.verdict for one in findings}
    return next((verdict for verdict in _GRAVEST if verdict in found), Verdict.VERIFIED)
