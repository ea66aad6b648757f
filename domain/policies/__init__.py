"""Every threshold and period, versioned, each with its basis: law (with its citation) or default (ours)."""

from domain.policies.parameters import KNOWN, NONE, fraction, items
from domain.policies.rules import (
    EVERYWHERE,
    POLICIES,
    Absent,
    Adopted,
    AdoptPolicy,
    AmendPolicy,
    PolicyAdopted,
    PolicyAmended,
    Version,
    in_force,
    numbered,
    policy_stream,
)
from domain.policies.shipped import AMENDED, SHIPPED

__all__ = [
    "AMENDED",
    "EVERYWHERE",
    "KNOWN",
    "NONE",
    "POLICIES",
    "SHIPPED",
    "Absent",
    "AdoptPolicy",
    "Adopted",
    "AmendPolicy",
    "PolicyAdopted",
    "PolicyAmended",
    "Version",
    "fraction",
    "in_force",
    "items",
    "numbered",
    "policy_stream",
]
