"""Every context there is, in one table; from it routes, schemas, codecs and documents are derived."""

from collections.abc import Mapping

from domain.annexes import ANNEXES
from domain.attestations import ATTESTATIONS
from domain.commitments import COMMITMENTS
from domain.erasures import ERASURES
from domain.kernel import Context
from domain.mandates import MANDATES
from domain.opening import LEDGER
from domain.policies import POLICIES
from domain.subsidiarity import ALLOCATIONS, REVIEWS
from domain.units import UNITS

CONTEXTS: Mapping[str, Context] = {
    context.name: context
    for context in (
        LEDGER,
        ATTESTATIONS,
        POLICIES,
        UNITS,
        COMMITMENTS,
        MANDATES,
        REVIEWS,
        ALLOCATIONS,
        ANNEXES,
        ERASURES,
    )
}
