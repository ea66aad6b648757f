"""A matter that went to a sphere further from the citizen, for want of capacity, and is looked at again.

Facts: the Metropolis of Lyon acts against air pollution by law (CGCT, art. L3641-1). The question, the grids and what
came of them are told for the demonstration.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from domain.kernel import Money, PartialDate, Sphere, StreamId
from domain.mandates.words import Instrument, Kind
from domain.subsidiarity.allocations.words import Grid, Ground, Mode, Reply, Test
from domain.subsidiarity.words import Indicator
from domain.units import Manner
from services.story.cast import OFFICER, SIGNATORY, TREASURER
from services.story.teller import Teller, words

AIR = "05.3"
BASIS = "CGCT, art. L3641-1"
YEARLY = Money(Decimal(400_000), "EUR")
LOOKED_AT_IN = timedelta(days=21)
"""So long after the ledger's opening the decision is looked at a second time: soon, for whoever reads the demo."""


@dataclass(frozen=True, slots=True)
class View:
    """How one member sees it."""

    member: str
    favours: Sphere
    upward: bool
    en: str
    fr: str

    def grid(self) -> Grid:
        said = words(f"{self.en} Sample story.", f"{self.fr} Récit d'exemple.")
        return Grid(
            favours=self.favours,
            legal_basis=BASIS,
            necessity=Test(self.upward, said),
            added_value=Test(self.upward, said),
            proportionality=words(
                "Measuring only; what follows stays local.", "Mesurer seulement ; le reste est local."
            ),
            cross_border=words("None.", "Aucun."),
            capacity=words("Two analysts in the whole region.", "Deux analystes dans toute la région."),
            proximity=words("Figures are shown at every school.", "Les chiffres sont affichés à chaque école."),
            cost=words("Twelve stations and their upkeep.", "Douze stations et leur entretien."),
            yearly_cost=YEARLY,
            indicators=INDICATORS if self.upward else (),
        )


INDICATORS = (
    Indicator(words("Schools with a station of their own", "Écoles ayant leur propre station"), "3", "of 240 schools"),
    Indicator(words("Trained analysts in municipal service", "Analystes formés au service des communes"), "0", "posts"),
)
VIEWS: Sequence[View] = (
    View("city", Sphere.REGIONAL, True, "No city has analysts of its own yet.", "Aucune ville n'a encore d'analystes."),
    View("region", Sphere.REGIONAL, True, "One laboratory serves all.", "Un laboratoire sert à toutes."),
    View("metropolis", Sphere.LOCAL, False, "It can be learnt in two years.", "Cela s'apprend en deux ans."),
    View("neighbour", Sphere.LOCAL, False, "Parents ask the town hall.", "Les parents s'adressent à la mairie."),
)
"""The department was asked, too, and let its time pass."""


async def air(teller: Teller) -> StreamId:
    asked = ("city", "neighbour", "metropolis", "department", "region")
    fields = {
        "requester": teller.units["city"],
        "decider": teller.units["region"],
        "matter": words("Measuring the air in front of schools", "Mesurer l'air devant les écoles"),
        "description": words(
            "Fine dust and nitrogen dioxide at the gates, hourly. Sample story.",
            "Particules fines et dioxyde d'azote aux portails, chaque heure. Récit d'exemple.",
        ),
        "function": AIR,
        "territory": teller.units["region"],
        "candidates": (Sphere.LOCAL, Sphere.REGIONAL),
        "affected": tuple(teller.units[member] for member in asked),
    }
    officer = teller.actor("city", OFFICER)
    put = await teller.say("air:request", officer, "allocations.request", fields, on=teller.month(-34))
    stream, answered = put.stream, teller.month(-34) + timedelta(days=14)
    for view in VIEWS:
        grid, who = {"grid": view.grid()}, teller.actor(view.member, OFFICER)
        await teller.say(f"air:grid:{view.member}", who, "allocations.submit-grid", grid, on=answered, stream=stream)
    await teller.let_time_pass("allocations", stream)
    await _decided(teller, stream)
    await _entrusted(teller, stream)
    await _looked_at_again(teller, stream)
    return stream


def _choice(revisit_on: date) -> dict[str, object]:
    return {
        "sphere": Sphere.REGIONAL, "mode": Mode.DELEGATED, "grounds": (Ground.CAPACITY,), "rests_on": 2,
        "revisit_on": revisit_on,
    }  # fmt: skip


async def _decided(teller: Teller, stream: StreamId) -> None:
    region, neighbour = teller.actor("region", OFFICER), teller.actor("neighbour", OFFICER)
    why = words("Nobody nearer can do it yet.", "Personne de plus proche ne peut encore le faire.")
    no = words("What is far away is not looked at.", "On ne regarde pas ce qui est loin.")
    reply = words("Figures are shown at every gate.", "Les chiffres sont affichés à chaque portail.")
    plan = words(
        "Four analysts are trained for the Metropolis by the second look.",
        "Quatre analystes sont formés pour la Métropole d'ici au réexamen.",
    )
    proposed = {"sphere": Sphere.REGIONAL, "mode": Mode.DELEGATED, "why": why}
    await teller.say_each("air", "allocations", stream, (
        ("propose", region, "propose", proposed, teller.month(-32)),
        ("object", neighbour, "object", {"proposal": 1, "why": no}, teller.month(-32) + timedelta(days=9)),
        ("plan", region, "attach-capacity-plan", {"plan": plan}, teller.month(-31)),
    ))  # fmt: skip
    await teller.say(
        "air:decide", teller.actor("region", SIGNATORY), "allocations.decide",
        _choice(teller.month(-5)) | {"replies": (Reply(1, reply),)}, on=teller.month(-31), stream=stream,
        because="No municipality has the analysts yet; the plan is to train them.",
    )  # fmt: skip


async def _entrusted(teller: Teller, decision: StreamId) -> None:
    """The Metropolis, which holds it by law, entrusts the region with it: the mandate that carries the decision out."""
    held = teller.units["metropolis"]
    await teller.say(
        "air:held", teller.registrar, "units.record-competence",
        {
            "function": AIR, "territory": held, "manner": Manner.OWN, "legal_basis": BASIS,
            "held_from": PartialDate("2015-01-01"),
        },
        on=date(2015, 1, 1), stream=StreamId(held),
    )  # fmt: skip
    fields = {
        "giver": held, "recipient": teller.units["region"], "kind": Kind.DELEGATION,
        "instrument": Instrument.AGREEMENT, "function": AIR, "territory": held,
        "purpose": words(
            "Measure the air in front of schools, until the Metropolis can. Sample story.",
            "Mesurer l'air devant les écoles, jusqu'à ce que la Métropole le puisse. Récit d'exemple.",
        ),
        "legal_basis": BASIS, "starts_on": teller.month(-27), "ends_on": teller.month(9), "implements": decision,
    }  # fmt: skip
    giver = teller.actor("metropolis", SIGNATORY)
    drafted = await teller.say(
        "air:draft", teller.actor("metropolis", OFFICER), "mandates.draft", fields, on=teller.month(-29)
    )  # fmt: skip
    money, method = teller.actor("metropolis", TREASURER), words("As in the grids.", "Comme dans les grilles.")
    revenue = Money(Decimal(3_300_000_000), "EUR")
    estimate = {"yearly": YEARLY, "revenue": revenue, "method": method}
    line = {"budget_line": "Air (sample)", "budget_year": teller.month(-27).year, "yearly": YEARLY}
    await teller.say_each("air:mandate", "mandates", drafted.stream, (
        ("estimate", money, "attach-estimate", estimate, teller.month(-29)),
        ("funding", money, "commit-funding", line, teller.month(-29)),
        ("offer", giver, "offer", {}, teller.month(-29)),
        ("accept", teller.actor("region", SIGNATORY), "accept", {}, teller.month(-28)),
        ("begins", giver, "activate", {}, teller.month(-27)),
    ))  # fmt: skip
    followed = {"mandate": drafted.stream}
    await teller.react(
        "air:followed", drafted.stream, "mandate-activated.1", "allocations.record-mandate", followed, decision,
        teller.month(-27),
    )  # fmt: skip


async def _looked_at_again(teller: Teller, stream: StreamId) -> None:
    plan = words("Two of four analysts are trained.", "Deux analystes sur quatre sont formés.")
    region, day = teller.actor("region", OFFICER), teller.month(-6)
    await teller.say_each(
        "air:again", "allocations", stream, (("plan", region, "attach-capacity-plan", {"plan": plan}, day),)
    )
    await teller.say(
        "air:revisit", teller.actor("region", SIGNATORY), "allocations.revisit",
        _choice(teller.today + LOOKED_AT_IN), on=day, stream=stream,
        because="Two analysts of four are trained; the laboratory goes on until the others are.",
    )  # fmt: skip


async def cycles(teller: Teller) -> StreamId:
    """Decided near the citizen two months ago, and nobody has been entrusted with it yet."""
    fields = {
        "requester": teller.units["metropolis"],
        "decider": teller.units["region"],
        "matter": words("Parking for bicycles at the stations", "Le stationnement des vélos dans les gares"),
        "description": words(
            "Four thousand sheltered places at nineteen stations. Sample story.",
            "Quatre mille places abritées dans dix-neuf gares. Récit d'exemple.",
        ),
        "function": "04.5",
        "territory": teller.units["metropolis"],
        "candidates": (Sphere.LOCAL, Sphere.REGIONAL),
        "affected": (teller.units["metropolis"], teller.units["region"]),
    }
    metropolis, region = teller.actor("metropolis", OFFICER), teller.actor("region", OFFICER)
    put = await teller.say("cycles:request", metropolis, "allocations.request", fields, on=teller.month(-4))
    near = View(
        "", Sphere.LOCAL, False, "Whoever rides there knows where.", "Qui y circule sait où il en faut."
    ).grid()  # fmt: skip
    why = words("The Metropolis can do it sufficiently.", "La Métropole peut le faire suffisamment.")
    proposed = {"sphere": Sphere.LOCAL, "mode": Mode.OWN, "why": why}
    answered = teller.month(-4) + timedelta(days=14)
    await teller.say_each("cycles", "allocations", put.stream, (
        ("grid:metropolis", metropolis, "submit-grid", {"grid": near}, answered),
        ("grid:region", region, "submit-grid", {"grid": near}, answered),
        ("propose", region, "propose", proposed, teller.month(-3)),
    ))  # fmt: skip
    await teller.say(
        "cycles:decide", teller.actor("region", SIGNATORY), "allocations.decide",
        {"sphere": Sphere.LOCAL, "mode": Mode.OWN}, on=teller.month(-2), stream=put.stream,
        because="Nobody showed that it is done better from further away.",
    )  # fmt: skip
    return put.stream
