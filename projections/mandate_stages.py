"""Where a mandate stands after one of its records, whatever the order in which they count in law."""

from collections.abc import Mapping

from domain.mandates import events as happened
from domain.mandates.events import Event
from domain.mandates.words import ENDED, IN_PREPARATION, Stage

REACHED: Mapping[type, Stage] = {
    happened.MandateConsultationRecorded: Stage.CONSULTED,
    happened.MandateOffered: Stage.OFFERED,
    happened.MandateAccepted: Stage.ACCEPTED,
    happened.MandateAcceptedWithReservations: Stage.ACCEPTED,
    happened.MandateDeclined: Stage.DECLINED,
    happened.MandateWithdrawn: Stage.WITHDRAWN,
    happened.MandateActivated: Stage.ACTIVE,
    happened.MandateRestored: Stage.ACTIVE,
    happened.MandateSuspended: Stage.SUSPENDED,
    happened.MandateRevoked: Stage.REVOKED,
    happened.MandateReturned: Stage.RETURNED,
    happened.MandateSuperseded: Stage.SUPERSEDED,
    happened.MandateExpired: Stage.EXPIRED,
}
_ORDER = tuple(Stage)


def stage_after(stage: Stage, event: Event) -> Stage:
    """Forward only while it is prepared, and no further once it is over."""
    reached = REACHED.get(type(event), stage)
    back = reached in IN_PREPARATION and _ORDER.index(reached) < _ORDER.index(stage)
    return stage if stage in ENDED or back else reached
