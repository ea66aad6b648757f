"""The other commitments of the sample story: one kept, one whose goal moved, two from a source, one new."""

from collections.abc import Sequence
from datetime import date

from domain.commitments.context import source_stream
from domain.commitments.words import (
    Aim,
    Changes,
    Completion,
    Delivery,
    Document,
    Milestone,
    NewMilestone,
    NewTarget,
    Outcome,
    Part,
    Party,
    Quantity,
    ResourceKind,
    Target,
)
from domain.kernel import Level, PartialDate, StreamId, UnitId
from services.importing.net_zero import SOURCE
from services.importing.net_zero_terms import COLUMNS, terms
from services.importing.rows import Row
from services.story.cast import ASSESSOR, OFFICER, SIGNATORY
from services.story.teller import Step, Teller, words

THIRTY = date(2022, 3, 30)
VOTED = date(2019, 11, 8)
INVENTORY = Document(
    words("National inventory of emissions (Citepa, Secten)", "Inventaire national des émissions (Citepa, Secten)"),
    "https://www.citepa.org/",
)
PPE = Document(
    words(
        "Multiannual energy programme, decree 2020-456", "Programmation pluriannuelle de l'énergie, décret n° 2020-456"
    ),
    "https://www.legifrance.gouv.fr/loda/id/JORFTEXT000041814432/",
)


async def thirty(teller: Teller) -> None:
    """Kept and verified: 30 km/h in all of Lyon from 30 March 2022 on (source: lyon.fr, "Ville 30")."""
    units, city = teller.units, teller.actor("city", OFFICER)
    fields = {
        "owner": units["city"],
        "title": words("30 km/h in all of Lyon", "Lyon, ville à 30 km/h"),
        "description": words(
            "30 km/h becomes the rule in all nine arrondissements on 30 March 2022. Sample story: the day is a fact, "
            "the dealings around it are told for the demonstration.",
            "La vitesse de 30 km/h devient la règle dans les neuf arrondissements le 30 mars 2022. Récit d'exemple : "
            "la date est un fait, les échanges autour sont racontés pour la démonstration.",
        ),
        "ends_on": PartialDate(THIRTY),
        "sdg": ("3.6", "11.2"),
        "parties": (Party(units["metropolis"], Part.SUPPORTER),),
    }
    proposed = await teller.say("thirty:propose", city, "commitments.propose", fields, on=date(2021, 5, 31))
    await teller.say_each("thirty", "commitments", proposed.stream, [*_thirty_agreed(teller), *_thirty_done(teller)])
    await teller.say(
        "thirty:close", city, "commitments.close",
        {"outcome": Outcome.COMPLETED, "evidence": (1,), "level": Level.VERIFIED},
        on=date(2022, 10, 17), stream=proposed.stream,
        because="The order is in force in the whole city, and the assessor found it complete.",
    )  # fmt: skip


def _thirty_agreed(teller: Teller) -> Sequence[Step]:
    owner, city, day = teller.units["city"], teller.actor("city", OFFICER), date(2021, 5, 31)
    unit = "arrondissements"
    target = Target(
        Aim.END, words("Arrondissements where 30 km/h is the rule", "Arrondissements où 30 km/h est la règle"),
        Quantity("0", unit), PartialDate("2021"), Quantity("9", unit), PartialDate(THIRTY), owner,
    )  # fmt: skip
    step = Milestone(words("The order is in force", "L'arrêté est en vigueur"), THIRTY, owner)
    staff = {"kind": ResourceKind.STAFF, "what": words("Road services of the city", "Services de voirie de la ville")}
    return (
        ("target", city, "set-target", {"target": target}, day),
        ("step", city, "add-milestone", {"milestone": step}, day),
        ("staff", city, "pledge-resource", staff, day),
        ("accept", teller.actor("metropolis", SIGNATORY), "accept", {}, date(2021, 6, 21)),
        ("adopt", teller.actor("city", SIGNATORY), "adopt", {}, date(2021, 7, 8)),
    )


def _thirty_done(teller: Teller) -> Sequence[Step]:
    city, other, cerema = (
        teller.actor("city", OFFICER), teller.actor("metropolis", OFFICER), teller.actor("cerema", ASSESSOR)
    )  # fmt: skip
    done = words("Signs are up in all nine arrondissements.", "La signalisation est en place partout.")
    proof = Document(words("Lyon at 30 km/h", "Lyon, ville 30"), "https://www.lyon.fr/")
    return (
        ("done", city, "complete-milestone", {"milestone": 1}, THIRTY),
        ("report", city, "report-progress", {"percent": 100, "account": done}, date(2022, 4, 4)),
        ("proof", city, "attach-evidence", {"document": proof}, date(2022, 4, 4)),
        ("confirmed", other, "confirm-report", {"report": 1}, date(2022, 4, 11)),
        ("judged", cerema, "assess-completion", {"completion": Completion.COMPLETE}, date(2022, 10, 3)),
    )


async def coal(teller: Teller) -> None:
    """Moved goalposts: the last coal-fired power stations, first by 2022, then by 2027; the yearly report is overdue.

    Facts: loi n° 2019-1147 du 8 novembre 2019, art. 12; the plant of Le Havre closed on 1 April 2021; loi n° 2022-1158
    du 16 août 2022, art. 36; the President's announcement of 24 September 2023.
    """
    officer = teller.actor("state", OFFICER)
    fields = {
        "owner": teller.units["state"],
        "title": words("No more electricity from coal", "Fin de l'électricité produite à partir de charbon"),
        "description": words(
            "The last four coal-fired power stations of mainland France stop burning coal. Sample story: laws and days "
            "are facts, reports and figures are told for the demonstration.",
            "Les quatre dernières centrales à charbon de métropole cessent de brûler du charbon. Récit d'exemple : les "
            "lois et les dates sont des faits, rapports et chiffres sont racontés pour la démonstration.",
        ),
        "ends_on": PartialDate("2022"),
        "sdg": ("7.2", "13.2"),
    }
    proposed = await teller.say(
        "coal:propose", officer, "commitments.propose", fields, on=VOTED,
        basis="Loi n° 2019-1147 du 8 novembre 2019, art. 12",
    )  # fmt: skip
    await teller.say_each("coal", "commitments", proposed.stream, _coal_begun(teller))
    await _coal_amended(teller, proposed.stream)
    await teller.let_time_pass("commitments", proposed.stream)


def _coal_target(state: UnitId, year: str) -> Target:
    unit = "power stations"
    return Target(
        Aim.END, words("Coal-fired power stations in service", "Centrales à charbon en service"),
        Quantity("4", unit), PartialDate("2019"), Quantity("0", unit), PartialDate(year), state,
    )  # fmt: skip


def _coal_end(state: UnitId, day: date) -> Milestone:
    said = words("Saint-Avold and Cordemais stop burning coal", "Saint-Avold et Cordemais cessent de brûler du charbon")
    return Milestone(said, day, state)


def _coal_begun(teller: Teller) -> Sequence[Step]:
    state, officer = teller.units["state"], teller.actor("state", OFFICER)
    havre = Milestone(words("Le Havre is closed", "Le Havre est fermée"), date(2021, 4, 1), state)
    halfway = words("Gardanne and Le Havre no longer burn coal.", "Gardanne et Le Havre ne brûlent plus de charbon.")
    staff = {"kind": ResourceKind.STAFF, "what": words("Delegates for the four sites", "Délégués des quatre sites")}
    return (
        ("target", officer, "set-target", {"target": _coal_target(state, "2022")}, VOTED),
        ("step:1", officer, "add-milestone", {"milestone": havre}, VOTED),
        ("step:2", officer, "add-milestone", {"milestone": _coal_end(state, date(2022, 12, 31))}, VOTED),
        ("staff", officer, "pledge-resource", staff, VOTED),
        ("adopt", teller.actor("state", SIGNATORY), "adopt", {}, VOTED),
        ("plan", officer, "deliver-report", {"kind": Delivery.PLAN, "document": PPE}, date(2020, 4, 23)),
        ("done:1", officer, "complete-milestone", {"milestone": 1}, date(2021, 4, 1)),
        ("report:1", officer, "report-progress", {"percent": 50, "account": halfway}, date(2021, 5, 3)),
    )


async def _coal_amended(teller: Teller, stream: StreamId) -> None:
    state, officer = teller.units["state"], teller.actor("state", OFFICER)
    changes = Changes(
        ends_on=PartialDate("2027"),
        targets=(NewTarget(1, _coal_target(state, "2027")),),
        milestones=(NewMilestone(2, _coal_end(state, date(2027, 12, 31))),),
    )
    await teller.say(
        "coal:amend", officer, "commitments.propose-amendment", {"changes": changes}, on=date(2023, 9, 24),
        stream=stream, basis="Loi n° 2022-1158 du 16 août 2022, art. 36",
        because="Security of supply: the two remaining stations stay until they are converted to biomass.",
    )  # fmt: skip
    rarely = words("The two that remain run on few days a year.", "Les deux restantes tournent peu de jours par an.")
    inventory = {"kind": Delivery.INVENTORY, "document": INVENTORY}
    report = {"percent": 75, "account": rarely}
    later: Sequence[Step] = (
        ("inventory", officer, "deliver-report", inventory, date(2024, 4, 15)),
        ("report:2", officer, "report-progress", report, teller.month(-13)),
    )
    await teller.say_each("coal", "commitments", stream, later)


_ROWS = (
    ("capital", {
        "last_updated": "2022-06-28 09:06:35", "id_code": "CIT-0105", "name": "Paris", "country": "FRA",
        "actor_type": "City", "end_target": "Net zero", "end_target_year": "2050.0",
        "end_target_status": "In policy document", "status_date": "2020.0",
        "interim_target": "Emissions reduction target", "interim_target_percentage_reduction": "50.0",
        "interim_target_baseline_year": "2004.0", "interim_target_year": "2030.0", "has_plan": "Yes",
        "reporting_mechanism": "Annual reporting",
    }),
    ("region", {
        "last_updated": "2022-11-29 16:09:42", "id_code": "REG-0064", "name": "Auvergne-Rhône-Alpes", "country": "FRA",
        "actor_type": "Region", "end_target": "Other", "end_target_year": "2050.0",
        "end_target_other": "Make Auvergne-Rhône-Alpes a decarbonised region by 2050",
        "end_target_status": "Declaration / pledge", "status_date": "2020.0",
        "interim_target": "Emissions reduction target", "interim_target_percentage_reduction": "30.0",
        "interim_target_baseline_year": "2015.0", "interim_target_year": "2030.0", "has_plan": "No",
        "reporting_mechanism": "No reporting mechanism",
    }),
)  # fmt: skip
"""Facts of two rows of the Net Zero Tracker (CC BY 4.0), snapshot of 20 December 2022; an import finds them there."""


async def pledges_from_source(teller: Teller) -> None:
    """Two pledges recorded from a published source: the capital stands by its own, the region has not answered yet."""
    for member, cells in _ROWS:
        row = Row(0, dict.fromkeys(COLUMNS, "") | cells)
        fields, counts_on = terms(row, teller.units[member], SOURCE, date(2022, 12, 20))
        fields["owner"] = teller.units[member]
        await teller.say(
            f"source:{member}", teller.registrar, "commitments.record-from-source", fields, on=counts_on
        )  # fmt: skip
    await teller.say(
        "source:confirmed", teller.actor("capital", OFFICER), "commitments.confirm-source", {},
        stream=source_stream(SOURCE, "CIT-0105"),
    )  # fmt: skip


async def heat_network(teller: Teller) -> StreamId:
    """A new one, which waits for the city's signature."""
    units, officer = teller.units, teller.actor("metropolis", OFFICER)
    end = PartialDate(str(teller.today.year + 4))
    fields = {
        "owner": units["metropolis"],
        "title": words(f"A heat network without gas by {end}", f"Un réseau de chaleur sans gaz d'ici {end}"),
        "description": words(
            "The Metropolis extends the network, the city connects its buildings. Sample story.",
            "La Métropole étend le réseau, la ville y raccorde ses bâtiments. Récit d'exemple.",
        ),
        "ends_on": end,
        "sdg": ("7.2", "11.b"),
        "parties": (Party(units["city"], Part.CO_OWNER), Party(units["region"], Part.FUNDER, required=False)),
    }
    answer = await teller.say("heat:propose", officer, "commitments.propose", fields, on=teller.today)
    step = Milestone(
        words("Fifty public buildings connected", "Cinquante bâtiments publics raccordés"),
        teller.month(24),
        units["city"],
    )
    await teller.say(
        "heat:step", officer, "commitments.add-milestone", {"milestone": step}, on=teller.today, stream=answer.stream
    )
    await _heat_prices(teller, answer.stream)
    return answer.stream


async def _heat_prices(teller: Teller, commitment: StreamId) -> None:
    """What the owner keeps back until the sites are bought, and cannot keep back any longer."""
    fields = {
        "unit": teller.units["metropolis"],
        "commitment": commitment,
        "title": words("What the sites of the heat network may cost", "Ce que peuvent coûter les sites du réseau"),
        "text": "12 M EUR at most for the three sites. Sample story.",
        "language": "en",
        "release_on": teller.month(36),
    }
    await teller.say("heat:prices", teller.actor("metropolis", OFFICER), "annexes.seal", fields)
