"""Every view there is; each may look at rows of those before it."""

from projections.activity import ACTIVITY
from projections.allocations import ALLOCATIONS
from projections.annexes import ANNEXES
from projections.attestations import ATTESTATIONS
from projections.commitments import COMMITMENTS
from projections.competences import COMPETENCES
from projections.corrections import CORRECTIONS
from projections.delegations import DELEGATIONS
from projections.engagements import ENGAGEMENTS
from projections.goalposts import GOALPOSTS
from projections.kernel import View
from projections.mandates import MANDATES
from projections.milestones import MILESTONES
from projections.obligations import OBLIGATIONS
from projections.opinions import OPINIONS
from projections.policies import POLICIES
from projections.responses import RESPONSE_TIMES
from projections.reviews import REVIEWS
from projections.scorecards import SCORECARDS
from projections.shifts import AWAITING_MANDATE, UPWARD_SHIFTS
from projections.sphere_responses import SPHERE_RESPONSES
from projections.spheres import SPHERES
from projections.turns import TURNS
from projections.unfunded_mandates import UNFUNDED_MANDATES
from projections.units import REPRESENTATIVES, UNITS
from projections.waits import WAITS

VIEWS: tuple[View, ...] = (
    UNITS,
    REPRESENTATIVES,
    COMMITMENTS,
    MANDATES,
    REVIEWS,
    ALLOCATIONS,
    MILESTONES,
    OBLIGATIONS,
    TURNS,
    RESPONSE_TIMES,
    SPHERE_RESPONSES,
    WAITS,
    GOALPOSTS,
    ENGAGEMENTS,
    SCORECARDS,
    SPHERES,
    COMPETENCES,
    DELEGATIONS,
    UNFUNDED_MANDATES,
    OPINIONS,
    UPWARD_SHIFTS,
    AWAITING_MANDATE,
    ANNEXES,
    POLICIES,
    ACTIVITY,
    CORRECTIONS,
    ATTESTATIONS,
)
ATTESTED = tuple(view for view in VIEWS if view is not ATTESTATIONS)
"""The views whose digests are attested. An attestation is a record itself: of its own view there is nothing to say."""
