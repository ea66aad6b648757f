"""What can be asked of a mandate, by subject. What is `Given` the service looks up; the rest is the request.

Each module ends in the union of its commands; here they are one.
"""

from typing import TypeAlias

from domain.mandates.commands.ending import *
from domain.mandates.commands.exercising import *
from domain.mandates.commands.following import *
from domain.mandates.commands.given import *
from domain.mandates.commands.preparing import *

Command: TypeAlias = Preparing | Exercising | Ending | Following
