"""A climate contract of city, region and State: agreed, late, contested, extended.

Facts: Lyon is one of the hundred cities of the EU Mission "Climate-neutral and Smart Cities" (European Commission, list
of 28 April 2022), which means neutrality by 2030. Terms and course of the contract are told for the demonstration.
"""

from decimal import Decimal

from domain.commitments.words import (
    Aim,
    Completion,
    Delivery,
    Document,
    Due,
    Milestone,
    Part,
    Party,
    Potential,
    Quantity,
    ResourceKind,
    Share,
    Target,
)
from domain.kernel import EventName, Money, PartialDate, StreamId
from services.story.cast import ASSESSOR, OFFICER, SIGNATORY
from services.story.teller import Teller, words

MISSION = Document(
    words(
        "EU Mission: the 100 climate-neutral and smart cities",
        "Mission de l'UE : les 100 villes climatiquement neutres",
    ),
    "https://research-and-innovation.ec.europa.eu/funding/funding-opportunities/funding-programmes-and-open-calls/"
    "horizon-europe/eu-missions-horizon-europe/climate-neutral-and-smart-cities_en",
)
PLAN = Document(
    words("Climate city contract: action plan (sample)", "Contrat de ville climat : plan d'action (exemple)"),
    "https://netzerocities.eu/climate-city-contract/",
)
UNIT = "% of the emissions of 2019"


async def climate_contract(teller: Teller) -> StreamId:
    stream = await _agree(teller)
    await _adopt(teller, stream)
    await _work(teller, stream)
    await _judge(teller, stream)
    await teller.let_time_pass("commitments", stream)
    return stream


async def _agree(teller: Teller) -> StreamId:
    units, officer = teller.units, teller.actor("city", OFFICER)
    end = PartialDate(str(max(2030, teller.today.year + 2)))
    fields = {
        "owner": units["city"],
        "title": words(
            f"Lyon climate-neutral by {end}: contract of city, region and State",
            f"Lyon climatiquement neutre d'ici {end} : contrat entre la ville, la région et l'État",
        ),
        "description": words(
            "City, region and State each do their part so that the city's territory emits a fifth of what it emitted "
            "in 2019. Sample story: Lyon takes part in the EU Mission; terms and course of this contract are told for "
            "the demonstration.",
            "La ville, la région et l'État agissent chacun pour que le territoire de la ville n'émette plus qu'un "
            "cinquième de ses émissions de 2019. Récit d'exemple : Lyon participe à la mission de l'UE ; les termes et "
            "le déroulement de ce contrat sont racontés pour la démonstration.",
        ),
        "ends_on": end,
        "starts_on": PartialDate(teller.month(-24)),
        "sdg": ("11.6", "13.2", "17.17"),
        "parties": (
            Party(units["region"], Part.CO_OWNER),
            Party(units["state"], Part.FUNDER),
            Party(units["department"], Part.SUPPORTER, required=False),
        ),
        "document": MISSION,
    }
    answer = await teller.say("climate:propose", officer, "commitments.propose", fields, on=teller.month(-26))
    await _terms(teller, answer.stream, end)
    return answer.stream


async def _terms(teller: Teller, stream: StreamId, end: PartialDate) -> None:
    """What the others are asked to accept: targets with everybody's share, and the steps."""
    units, officer, day = teller.units, teller.actor("city", OFFICER), teller.month(-26)
    shares = (Share(units["city"], 40), Share(units["region"], 25), Share(units["state"], 35))
    measure = words("Greenhouse gases of the city's territory", "Gaz à effet de serre du territoire de la ville")
    base, since = Quantity("100", UNIT), PartialDate("2019")
    interim = PartialDate(str(teller.today.year + 1))
    for name, target in (
        ("end", Target(Aim.END, measure, base, since, Quantity("20", UNIT), end, shares=shares)),
        ("interim", Target(Aim.INTERIM, measure, base, since, Quantity("60", UNIT), interim, shares=shares)),
    ):
        await teller.say(
            f"climate:target:{name}", officer, "commitments.set-target", {"target": target}, on=day, stream=stream
        )
    steps = (
        ("city", -10, "Twelve schools insulated and heated by the district network",
         "Douze écoles isolées et raccordées au réseau de chaleur"),
        ("state", -2, "Funding agreement for the renovation of public buildings signed",
         "Convention de financement de la rénovation des bâtiments publics signée"),
        ("region", 1, "Thirty more regional trains a day serve the city's stations",
         "Trente trains régionaux de plus par jour desservent les gares de la ville"),
        ("city", 14, "All municipal vehicles without combustion engine",
         "Tous les véhicules municipaux sans moteur thermique"),
    )  # fmt: skip
    for number, (member, months, en, fr) in enumerate(steps, start=1):
        step = Milestone(words(en, fr), teller.month(months), units[member])
        await teller.say(
            f"climate:step:{number}", officer, "commitments.add-milestone", {"milestone": step}, on=day, stream=stream
        )


async def _adopt(teller: Teller, stream: StreamId) -> None:
    for member in ("region", "state"):
        await teller.say(
            f"climate:accept:{member}", teller.actor(member, SIGNATORY), "commitments.accept", {},
            on=teller.month(-25), stream=stream,
        )  # fmt: skip
    await teller.say(
        "climate:decline", teller.actor("department", SIGNATORY), "commitments.decline", {}, on=teller.month(-25),
        stream=stream,
        because="The city's territory has lain outside the department since the Metropolis took its place in 2015.",
        basis="CGCT, art. L3611-1",
    )  # fmt: skip
    pledges = (
        ("city", ResourceKind.STAFF, "Eight posts for the renovation of schools",
         "Huit postes pour la rénovation des écoles", None),
        ("region", ResourceKind.MONEY, "Operation of the additional trains", "Exploitation des trains supplémentaires",
         Money(Decimal(5_000_000), "EUR")),
        ("state", ResourceKind.MONEY, "Renovation of public buildings", "Rénovation de bâtiments publics",
         Money(Decimal(12_000_000), "EUR")),
    )  # fmt: skip
    for member, kind, en, fr, money in pledges:
        fields = {"kind": kind, "what": words(en, fr), "money": money}
        await teller.say(
            f"climate:pledge:{member}", teller.actor(member, OFFICER), "commitments.pledge-resource", fields,
            on=teller.month(-25), stream=stream,
        )  # fmt: skip
    await teller.say(
        "climate:adopt", teller.actor("city", SIGNATORY), "commitments.adopt", {}, on=teller.month(-24), stream=stream
    )


async def _work(teller: Teller, stream: StreamId) -> None:
    """Reported a month late; one step taken in time, one missed, one given more time."""
    city, region = teller.actor("city", OFFICER), teller.actor("region", OFFICER)
    account = words(
        "Twelve schools are done; the fleet contract is out to tender. The report waited for the inventory.",
        "Douze écoles sont achevées ; le marché des véhicules est publié. Le rapport attendait l'inventaire.",
    )
    trains = words("Eighteen of thirty trains run.", "Dix-huit trains sur trente circulent.")
    evidence = Document(
        words("Acceptance of works (sample)", "Réception des travaux (exemple)"), "https://www.lyon.fr/"
    )
    told = (
        ("done:1", city, "complete-milestone", {"milestone": 1}, -11),
        ("evidence", city, "attach-evidence", {"document": evidence, "milestone": 1}, -11),
        ("report", city, "report-progress", {"percent": 25, "account": account}, -11),
        ("confirmed:1", region, "confirm-milestone", {"milestone": 1}, -10),
        ("confirmed", region, "confirm-report", {"report": 1}, -10),
        ("plan", city, "deliver-report", {"kind": Delivery.PLAN, "document": PLAN}, -3),
    )
    for step, who, command, fields, months in told:
        await teller.say(
            f"climate:{step}", who, f"commitments.{command}", fields, on=teller.month(months), stream=stream
        )
    said = {"percent": 60, "account": trains, "milestone": 3}
    report = await teller.say(
        "climate:trains", region, "commitments.report-progress", said, on=teller.month(-1), stream=stream
    )
    await _corrected(teller, stream, EventName.at(stream, report.version - len(report.events) + 1))
    await _more_time(teller, stream)


async def _corrected(teller: Teller, stream: StreamId, report: EventName) -> None:
    """The region's last report counted two trains that do not stop in the city; both figures stay to be seen."""
    await teller.say(
        "climate:corrected", teller.actor("region", OFFICER), "commitments.correct-progress",
        {"percent": 53, "corrects": report}, stream=stream, corrects=report,
        because="Two of the eighteen trains do not stop at the city's stations.",
        basis="Timetable of the regional trains (sample)",
    )  # fmt: skip


async def _more_time(teller: Teller, stream: StreamId) -> None:
    asked = {"until": teller.month(5), "deadline": await teller.deadline(stream, Due.MILESTONE, 3)}
    await teller.say(
        "climate:extension", teller.actor("region", OFFICER), "commitments.request-extension", asked, stream=stream,
        because="The manufacturer delivers the last trainsets four months later than ordered.",
    )  # fmt: skip
    for member in ("city", "state"):
        await teller.say(
            f"climate:extension:{member}", teller.actor(member, SIGNATORY), "commitments.grant-extension",
            {"extension": 1}, stream=stream,
        )  # fmt: skip


async def _judge(teller: Teller, stream: StreamId) -> None:
    """The assessor finds the first step less complete than the city says; both accounts stand side by side."""
    assessor = teller.actor("council", ASSESSOR)
    for step, command, fields in (
        ("verifiable", "assess-verifiability", {"verifiable": True}),
        ("potential", "assess-potential", {"potential": Potential.SUBSTANTIAL}),
        ("completion", "assess-completion", {"completion": Completion.SUBSTANTIAL, "milestone": 1}),
    ):
        await teller.say(
            f"climate:{step}", assessor, f"commitments.{command}", fields, on=teller.month(-8), stream=stream
        )
    await teller.say(
        "climate:contested", teller.actor("city", OFFICER), "commitments.contest-assessment",
        {"assessment": 3, "completion": Completion.COMPLETE}, on=teller.month(-7), stream=stream,
        because="The twelfth school was connected on the day after the assessor's visit.",
    )  # fmt: skip
