"""School transport: from the law to the region, the Metropolis and the city, with less money than it costs.

Facts: the regions organise school transport since 1 September 2017, and may entrust it by agreement (Code des
transports, art. L3111-7 and L3111-9). Parties, terms and figures of these agreements are told for the demonstration.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from domain.kernel import Money, PartialDate, StreamId
from domain.mandates.words import Instrument, Kind
from domain.units import Manner
from services.story.cast import OFFICER, SIGNATORY, TREASURER
from services.story.teller import Step, Teller, words

TRANSPORT = "04.5"
LAW = "Code des transports, art. L3111-7"
AGREEMENTS = "Code des transports, art. L3111-9"
SINCE = date(2017, 9, 1)


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


COST, REVENUE = euros(9_000_000), euros(2_000_000_000)
FIRST, MORE = euros(6_500_000), euros(7_400_000)
"""What the region pays, at first and later. The cost is more than 0.25 % of the revenue, so 1.6 million are missing."""
METHOD = words(
    "Pupils times the cost of a place; told for the demonstration.",
    "Élèves multipliés par le coût d'une place ; raconté pour la démonstration.",
)


async def school_transport(teller: Teller, climate: StreamId) -> StreamId:
    """The sub-delegate's mandate, on which the city's climate contract rests from now on."""
    await teller.say(
        "school:held", teller.registrar, "units.record-competence",
        {
            "function": TRANSPORT, "territory": teller.units["region"], "manner": Manner.OWN, "legal_basis": LAW,
            "held_from": PartialDate(SINCE),
        },
        on=SINCE, stream=StreamId(teller.units["region"]),
    )  # fmt: skip
    above = await _delegated(teller)
    below = await _passed_on(teller, above)
    await teller.say_each("school", "mandates", above, _later(teller))
    await teller.let_time_pass("mandates", above)
    await teller.say(
        "school:rests", teller.actor("city", OFFICER), "commitments.rest-on-mandate", {"mandate": below},
        on=teller.month(-11), stream=climate,
    )  # fmt: skip
    await _unanswered(teller)
    return below


def _terms(teller: Teller, giver: str, recipient: str, en: str, fr: str, first: int, last: int) -> dict[str, object]:
    return {
        "giver": teller.units[giver],
        "recipient": teller.units[recipient],
        "kind": Kind.DELEGATION,
        "instrument": Instrument.AGREEMENT,
        "function": TRANSPORT,
        "territory": teller.units[recipient if giver == "region" else giver],
        "purpose": words(f"{en} Sample story.", f"{fr} Récit d'exemple."),
        "legal_basis": AGREEMENTS,
        "starts_on": teller.month(first),
        "ends_on": teller.month(last),
    }


async def _delegated(teller: Teller) -> StreamId:
    """Accepted with a reservation, to which the region agreed; in force with less money than it costs."""
    officer, money = teller.actor("region", OFFICER), teller.actor("region", TREASURER)
    fields = _terms(
        teller, "region", "metropolis", "Organise the transport of pupils in the Metropolis.",
        "Organiser le transport des élèves dans la Métropole.", -18, 18,
    )  # fmt: skip
    fields |= {"may_subdelegate": True, "reporting_months": 6, "staff": 12}
    drafted = await teller.say("school:draft", officer, "mandates.draft", fields, on=teller.month(-21))
    reservations = {
        "reservations": words(
            "The cost is estimated anew when the fares of the network change.",
            "Le coût est réévalué quand les tarifs du réseau changent.",
        )
    }
    region, metropolis = teller.actor("region", SIGNATORY), teller.actor("metropolis", SIGNATORY)
    await teller.say_each("school", "mandates", drafted.stream, (
        ("estimate", money, "attach-estimate", _estimate(COST, REVENUE), teller.month(-21)),
        ("funding", money, "commit-funding", _line(teller, FIRST, -18), teller.month(-20)),
        ("offer", region, "offer", {}, teller.month(-20)),
        ("accept", metropolis, "accept-with-reservations", reservations, teller.month(-19)),
        ("agree", region, "agree-reservations", {}, teller.month(-19)),
        ("begins", region, "activate", {}, teller.month(-18)),
    ))  # fmt: skip
    return drafted.stream


async def _passed_on(teller: Teller, above: StreamId) -> StreamId:
    """The city runs the shuttles, for the Metropolis, and is paid what they cost."""
    officer, money = teller.actor("metropolis", OFFICER), teller.actor("metropolis", TREASURER)
    fields = _terms(
        teller, "metropolis", "city", "Run the school shuttles, with electric vehicles only.",
        "Exploiter les navettes scolaires, avec des véhicules électriques seulement.", -12, 12,
    )  # fmt: skip
    drafted = await teller.say(
        "shuttles:draft", officer, "mandates.sub-delegate", fields | {"under": above}, on=teller.month(-15)
    )
    metropolis, city = teller.actor("metropolis", SIGNATORY), teller.actor("city", SIGNATORY)
    cost = euros(600_000)
    await teller.say_each("shuttles", "mandates", drafted.stream, (
        ("estimate", money, "attach-estimate", _estimate(cost, euros(800_000_000)), teller.month(-15)),
        ("funding", money, "commit-funding", _line(teller, cost, -12), teller.month(-14)),
        ("offer", metropolis, "offer", {}, teller.month(-14)),
        ("accept", city, "accept", {}, teller.month(-13)),
        ("begins", metropolis, "activate", {}, teller.month(-12)),
    ))  # fmt: skip
    child = {"child": drafted.stream}
    await teller.react(
        "school:passed-on", drafted.stream, "mandate-activated.1", "mandates.record-sub-delegation", child, above,
        teller.month(-12),
    )  # fmt: skip
    return drafted.stream


def _later(teller: Teller) -> Sequence[Step]:
    """One report, and silence since; the region pays more, and not yet enough."""
    account = words("12,400 pupils a day; no line was closed.", "12 400 élèves par jour ; aucune ligne supprimée.")
    said = {"period_from": teller.month(-18), "period_to": teller.month(-13), "account": account}
    return (
        ("report", teller.actor("metropolis", OFFICER), "report-exercise", said, teller.month(-13) + timedelta(days=9)),
        ("more", teller.actor("region", TREASURER), "commit-funding", _line(teller, MORE, -8), teller.month(-8)),
    )


async def _unanswered(teller: Teller) -> None:
    """The same was offered to the department, which has not said a word."""
    fields = _terms(
        teller, "region", "department", "Organise the transport of pupils between the villages of the Rhône.",
        "Organiser le transport des élèves entre les villages du Rhône.", 6, 42,
    )  # fmt: skip
    drafted = await teller.say(
        "villages:draft", teller.actor("region", OFFICER), "mandates.draft", fields, on=teller.month(-4)
    )  # fmt: skip
    await teller.say(
        "villages:offer", teller.actor("region", SIGNATORY), "mandates.offer", {}, on=teller.month(-4),
        stream=drafted.stream,
    )  # fmt: skip
    await teller.let_time_pass("mandates", drafted.stream)


def _estimate(yearly: Money, revenue: Money) -> dict[str, object]:
    return {"yearly": yearly, "revenue": revenue, "method": METHOD}


def _line(teller: Teller, yearly: Money, months: int) -> dict[str, object]:
    return {"budget_line": "School transport (sample)", "budget_year": teller.month(months).year, "yearly": yearly}
