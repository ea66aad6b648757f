"""What happens to mandates, by subject. Each module ends in the union of its events; here they are one."""

from typing import TypeAlias

from domain.mandates.events.clocks import *
from domain.mandates.events.ending import *
from domain.mandates.events.exercising import *
from domain.mandates.events.preparing import *

Later: TypeAlias = Prepared | Lived | Ended | Clocks
Event: TypeAlias = MandateDrafted | Later
