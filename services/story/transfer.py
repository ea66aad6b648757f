"""A function that passed from the State to the regions with money and staff: the non-area measures of the EAFRD.

Facts: ordonnance n° 2022-68 du 26 janvier 2022; agreement of State and regions of November 2021; 385 full-time posts of
the ministry of agriculture in all regions, 430 with those of other bodies; transfer on 1 January 2023. Sources:
agrifor.unsa.org and spagri.fr on the Comité État-régions. What falls to this one region was not published in what was
read: its posts and its money are told for the demonstration, and say so.
"""

from datetime import date
from decimal import Decimal

from domain.kernel import Money, PartialDate, StreamId
from domain.mandates.words import Document, Instrument, Kind
from domain.units import Manner
from services.story.cast import OFFICER, SIGNATORY, TREASURER
from services.story.teller import Teller, words

ORDINANCE = "Ordonnance n° 2022-68 du 26 janvier 2022"
FARMING = "04.2"
DRAFTED, BEGINS = date(2021, 10, 1), date(2023, 1, 1)
CONSULTED = (date(2021, 10, 4), date(2021, 11, 30))
POSTS, YEARLY, REVENUE = 44, Money(Decimal(2_600_000), "EUR"), Money(Decimal(3_300_000_000), "EUR")
"""Told for the demonstration, as is the region's revenue."""
PAPER = Document(
    words("On the ordinance and the posts (spagri.fr)", "Sur l'ordonnance et les postes (spagri.fr)"),
    "https://www.spagri.fr/structures/draf/feader-ordonnance-restructuration-faq-regionale/",
)
PURPOSE = words(
    "Manage the non-area measures of the EAFRD from 2023 on: investment, setting-up, Leader. Facts: in all regions 385 "
    "full-time posts of the ministry move, 430 with those of other bodies (agreement of State and regions of November "
    "2021; agrifor.unsa.org and spagri.fr on the Comité État-régions). Posts and money of this region are told for the "
    "demonstration.",
    "Gérer les mesures non surfaciques du FEADER à partir de 2023 : investissement, installation, Leader. Faits : dans "
    "toutes les régions, 385 postes à temps plein du ministère sont transférés, 430 avec ceux d'autres organismes "
    "(accord État-régions de novembre 2021 ; agrifor.unsa.org et spagri.fr sur le Comité État-régions). Les postes et "
    "l'argent de cette région sont racontés pour la démonstration.",
)


async def rural_development(teller: Teller) -> StreamId:
    """Own power by law, so that the region is consulted, and need not accept."""
    await teller.say(
        "eafrd:held", teller.registrar, "units.record-competence",
        {
            "function": FARMING, "territory": teller.units["state"], "manner": Manner.OWN,
            "legal_basis": "Loi n° 2014-58 du 27 janvier 2014, art. 78", "held_from": PartialDate("2014-01-29"),
        },
        on=date(2014, 1, 29), stream=StreamId(teller.units["state"]),
    )  # fmt: skip
    fields = {
        "giver": teller.units["state"],
        "recipient": teller.units["region"],
        "kind": Kind.DEVOLUTION,
        "instrument": Instrument.LAW,
        "function": FARMING,
        "territory": teller.units["region"],
        "purpose": PURPOSE,
        "legal_basis": ORDINANCE,
        "starts_on": BEGINS,
        "staff": POSTS,
        "assets": words("Open files and archives of the measures.", "Dossiers en cours et archives des mesures."),
        "document": PAPER,
    }
    officer = teller.actor("state", OFFICER)
    drafted = await teller.say("eafrd:draft", officer, "mandates.draft", fields, on=DRAFTED)
    await _prepared(teller, drafted.stream)
    return drafted.stream


async def _prepared(teller: Teller, stream: StreamId) -> None:
    money = teller.actor("state", TREASURER)
    heard = {
        "consulted": (teller.units["region"],),
        "opened_on": CONSULTED[0],
        "closed_on": CONSULTED[1],
        "outcome": words(
            "State and regions agreed in November 2021. The days of the consultation are told for the demonstration.",
            "L'État et les régions se sont accordés en novembre 2021. Les jours de la consultation sont racontés pour "
            "la démonstration.",
        ),
    }
    method = words(
        "Posts times the average cost of a post; told for the demonstration.",
        "Postes multipliés par le coût moyen d'un poste ; raconté pour la démonstration.",
    )
    estimate = {"yearly": YEARLY, "revenue": REVENUE, "method": method}
    line = {"budget_line": "Compensation EAFRD (sample)", "budget_year": 2023, "yearly": YEARLY}
    await teller.say_each("eafrd", "mandates", stream, (
        ("consulted", teller.actor("state", OFFICER), "record-consultation", heard, CONSULTED[1]),
        ("estimate", money, "attach-estimate", estimate, date(2022, 6, 1)),
        ("funding", money, "commit-funding", line, date(2022, 12, 15)),
        ("begins", teller.actor("state", SIGNATORY), "activate", {}, BEGINS),
    ))  # fmt: skip
