"""A draft of the State that is under scrutiny today: its clock stood still for four days, and runs again.

Facts: drafts that cost local authorities money go to the Conseil national d'évaluation des normes (CGCT, art. L1212-2).
The draft and what is said of it are told for the demonstration.
"""

from datetime import timedelta

from domain.kernel import StreamId
from domain.subsidiarity.reviews.words import AuthorKind, Competence, Draft, Ground, Justification, Seat, SeatKind
from domain.subsidiarity.words import Indicator
from services.story.cast import OFFICER
from services.story.teller import Teller, words

DRAFT = Draft(
    "Draft decree on school buildings (sample)",
    words("Decree on the renovation of school buildings", "Décret relatif à la rénovation des bâtiments scolaires"),
)
STATEMENT = Justification(
    statement=words(
        "One standard for all school buildings. Told for the demonstration.",
        "Une même norme pour tous les bâtiments scolaires. Raconté pour la démonstration.",
    ),
    indicators=(
        Indicator(
            words("School buildings of municipalities", "Bâtiments scolaires des communes"), "49000", "buildings"
        ),
    ),
    financial_impact=words(
        "Municipalities pay, the State refunds a third.", "Les communes paient, l'État rend un tiers."
    ),
    territorial_impact=words("Small municipalities bear most.", "Les petites communes en portent le plus."),
    burden=words("One form a year for each building.", "Un formulaire par an et par bâtiment."),
    consulted=words("Associations of mayors were heard.", "Les associations de maires ont été entendues."),
)


async def school_buildings(teller: Teller) -> StreamId:
    state, today = teller.actor("state", OFFICER), teller.today
    seat = Seat(teller.units["evaluators"], SeatKind.ASSOCIATION)
    fields = {
        "polity": teller.units["state"],
        "author": teller.units["state"],
        "author_kind": AuthorKind.GOVERNMENT,
        "draft": DRAFT,
        "competence": Competence.SHARED,
        "roll": (seat,),
        "languages": ("fr",),
        "justification": STATEMENT,
    }
    opened = await teller.say("norms:open", state, "reviews.open", fields, on=today - timedelta(days=26))
    sent, stream = today - timedelta(days=25), opened.stream
    await teller.say("norms:sent", state, "reviews.complete-transmission", {}, on=sent, stream=stream)
    await teller.say(
        "norms:still", state, "reviews.suspend-clock", {}, on=sent + timedelta(days=9), stream=stream,
        because="The annex on costs was missing.",
    )  # fmt: skip
    await teller.say(
        "norms:again", state, "reviews.resume-clock", {}, on=sent + timedelta(days=13), stream=stream,
        because="The annex on costs has been sent.",
    )  # fmt: skip
    contribution = {
        "unit": teller.units["city"],
        "to": teller.units["evaluators"],
        "grounds": (Ground.PROPORTIONALITY,),
        "reasons": words(
            "The city renovates twelve schools a year already; a form for each building adds nothing. Sample story.",
            "La ville rénove déjà douze écoles par an ; un formulaire par bâtiment n'y ajoute rien. Récit d'exemple.",
        ),
    }
    await teller.say(
        "norms:city", teller.actor("city", OFFICER), "reviews.submit-contribution", contribution,
        on=today - timedelta(days=5), stream=stream,
    )  # fmt: skip
    return stream
