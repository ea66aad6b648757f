"""What can be asked of a commitment, by subject. What is `Given` the service looks up; the rest is the request.

Each module ends in the union of its commands; here they are one.
"""

from typing import TypeAlias

from domain.commitments.commands.changing import *
from domain.commitments.commands.depending import *
from domain.commitments.commands.doing import *
from domain.commitments.commands.following import *
from domain.commitments.commands.judging import *
from domain.commitments.commands.parties import *
from domain.commitments.commands.promising import *
from domain.commitments.commands.sources import *

Command: TypeAlias = Promising | Recording | Joining | Doing | Changing | Judging | Depending | Following
