"""What happens to commitments, by subject. Each module ends in the union of its events; here they are one."""

from typing import TypeAlias

from domain.commitments.events.changing import *
from domain.commitments.events.clocks import *
from domain.commitments.events.depending import *
from domain.commitments.events.doing import *
from domain.commitments.events.judging import *
from domain.commitments.events.parties import *
from domain.commitments.events.promising import *
from domain.commitments.events.sources import *

Later: TypeAlias = Promised | Sourced | Peopled | Timed | Done | Changed | Judged | Depended
Event: TypeAlias = CommitmentProposed | Later
