"""A mandate that ended on its last day: grants to small firms in the year of the pandemic.

Facts: the region decides on aid to firms, and may entrust its granting to the Metropolis of Lyon, by agreement (CGCT,
art. L1511-2). Terms and figures of this agreement are told for the demonstration.
"""

from datetime import date
from decimal import Decimal

from domain.kernel import Money, PartialDate, StreamId
from domain.mandates.words import Instrument, Kind
from domain.units import Manner
from services.story.cast import OFFICER, SIGNATORY, TREASURER
from services.story.teller import Teller, words

ECONOMY = "04.1"
BASIS = "CGCT, art. L1511-2"
FIRST, LAST = date(2020, 7, 1), date(2021, 6, 30)
SPENT = Money(Decimal(4_000_000), "EUR")


async def grants(teller: Teller) -> StreamId:
    await teller.say(
        "grants:held", teller.registrar, "units.record-competence",
        {
            "function": ECONOMY, "territory": teller.units["region"], "manner": Manner.OWN, "legal_basis": BASIS,
            "held_from": PartialDate("2016-01-01"),
        },
        on=date(2016, 1, 1), stream=StreamId(teller.units["region"]),
    )  # fmt: skip
    fields = {
        "giver": teller.units["region"],
        "recipient": teller.units["metropolis"],
        "kind": Kind.DELEGATION,
        "instrument": Instrument.AGREEMENT,
        "function": ECONOMY,
        "territory": teller.units["metropolis"],
        "purpose": words(
            "Grant emergency aid to firms of up to nine people, for one year. Sample story.",
            "Octroyer les aides d'urgence aux entreprises de neuf personnes au plus, pour un an. Récit d'exemple.",
        ),
        "legal_basis": BASIS,
        "starts_on": FIRST,
        "ends_on": LAST,
        "reporting_months": 12,
    }
    officer = teller.actor("region", OFFICER)
    drafted = await teller.say("grants:draft", officer, "mandates.draft", fields, on=date(2020, 5, 11))
    await _run(teller, drafted.stream)
    await teller.let_time_pass("mandates", drafted.stream)
    return drafted.stream


async def _run(teller: Teller, stream: StreamId) -> None:
    money, region = teller.actor("region", TREASURER), teller.actor("region", SIGNATORY)
    method = words("The budget voted for the aid (sample).", "Le budget voté pour les aides (exemple).")
    estimate = {"yearly": SPENT, "revenue": Money(Decimal(2_000_000_000), "EUR"), "method": method}
    line = {"budget_line": "Emergency aid (sample)", "budget_year": 2020, "yearly": SPENT}
    report = {
        "period_from": FIRST,
        "period_to": date(2021, 5, 31),
        "account": words("1,600 firms received a grant.", "1 600 entreprises ont reçu une aide."),
        "spent": Money(Decimal(3_870_000), "EUR"),
    }
    await teller.say_each("grants", "mandates", stream, (
        ("estimate", money, "attach-estimate", estimate, date(2020, 5, 11)),
        ("funding", money, "commit-funding", line, date(2020, 6, 1)),
        ("offer", region, "offer", {}, date(2020, 6, 2)),
        ("accept", teller.actor("metropolis", SIGNATORY), "accept", {}, date(2020, 6, 22)),
        ("begins", region, "activate", {}, FIRST),
        ("report", teller.actor("metropolis", OFFICER), "report-exercise", report, date(2021, 6, 15)),
    ))  # fmt: skip
