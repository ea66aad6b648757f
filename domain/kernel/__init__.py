"""The words that every context shares: who, where, when, how much, and what a decision is."""

from domain.kernel.contexts import (
    SYSTEM,
    ActsFor,
    By,
    Claim,
    Command,
    Context,
    Decider,
    Event,
    State,
    no_claims,
    no_home,
    officers_of,
)
from domain.kernel.days import Deadline, PartialDate, Today, day_of
from domain.kernel.facts import CommitmentFacts, Dependency, Holding, MandateFacts, Membership, ReviewFacts, UnitFacts
from domain.kernel.ids import NAMES, EventName, StreamId, UnitId, named_stream
from domain.kernel.notes import Given, Indexed, Known, Many, Says, Seal, Searched, Text, Whole
from domain.kernel.people import Actor, Level, Role, Sphere
from domain.kernel.policies import Policy, PolicyValue
from domain.kernel.records import Recorded
from domain.kernel.refusals import Grounds, Refused
from domain.kernel.values import Attached, Json, Money, OpenedText, Sealed, Words

__all__ = [
    "NAMES",
    "SYSTEM",
    "Actor",
    "ActsFor",
    "Attached",
    "By",
    "Claim",
    "Command",
    "CommitmentFacts",
    "Context",
    "Deadline",
    "Decider",
    "Dependency",
    "Event",
    "EventName",
    "Given",
    "Grounds",
    "Holding",
    "Indexed",
    "Json",
    "Known",
    "Level",
    "MandateFacts",
    "Many",
    "Membership",
    "Money",
    "OpenedText",
    "PartialDate",
    "Policy",
    "PolicyValue",
    "Recorded",
    "Refused",
    "ReviewFacts",
    "Role",
    "Says",
    "Seal",
    "Sealed",
    "Searched",
    "Sphere",
    "State",
    "StreamId",
    "Text",
    "Today",
    "UnitFacts",
    "UnitId",
    "Whole",
    "Words",
    "day_of",
    "named_stream",
    "no_claims",
    "no_home",
    "officers_of",
]
