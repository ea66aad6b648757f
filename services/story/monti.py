"""Monti II, the first yellow card of the Union: from its twelve real opinions to the withdrawal of the draft.

Facts, by their sources. Draft, adoption, last language version, last day, the twelve chambers and their 19 votes:
oide.sejm.gov.pl, "Yellow card procedure - COM(2012) 130". Threshold of 18 of 54: portal.cor.europa.eu, "Early Warning
System: First yellow card". Not read again: the day and the reasons of the withdrawal. The order of the opinions is that
of the list; of most, no day is named in what was read, so each counts from the last one.
"""

from collections.abc import Sequence
from datetime import date

from domain.kernel import StreamId
from domain.subsidiarity.reviews.words import (
    AuthorKind,
    Competence,
    Draft,
    Ground,
    Justification,
    Outcome,
    Procedure,
    Seat,
    SeatKind,
)
from domain.subsidiarity.words import Document, Indicator
from services.story.cast import CLERK, OFFICER, SIGNATORY
from services.story.chambers import LATE, PARLIAMENTS, SPOKE
from services.story.teller import Teller, words

ADOPTED, TRANSMITTED, LAST = date(2012, 3, 21), date(2012, 3, 27), date(2012, 5, 22)
WITHDRAWN = date(2012, 9, 12)
LANGUAGES = (
    "bg", "cs", "da", "de", "el", "en", "es", "et", "fi", "fr", "hu",
    "it", "lt", "lv", "mt", "nl", "pl", "pt", "ro", "sk", "sl", "sv",
)  # fmt: skip
DRAFT = Draft(
    "COM(2012) 130",
    words(
        "Council regulation on the exercise of the right to take collective action (Monti II)",
        "Règlement du Conseil relatif à l'exercice du droit de mener des actions collectives (Monti II)",
    ),
    Document(
        words("Proposal COM(2012) 130 final", "Proposition COM(2012) 130 final"),
        "https://eur-lex.europa.eu/legal-content/EN/TXT/?uri=CELEX:52012PC0130",
    ),
)
STATEMENT = Justification(
    statement=words(
        "In short, in our words: the right to strike meets the freedom of establishment and to provide services where "
        "firms and workers cross borders, which no Member State can settle alone. Legal basis: art. 352 TFEU.",
        "En bref, dans nos mots : le droit de grève rencontre la liberté d'établissement et de prestation là où "
        "entreprises et travailleurs passent les frontières, ce qu'aucun État membre ne peut régler seul. Base "
        "juridique : art. 352 TFUE.",
    ),
    indicators=(
        Indicator(
            words(
                "Judgments of the Court of Justice on collective action across borders (Viking, Laval)",
                "Arrêts de la Cour de justice sur des actions collectives transfrontières (Viking, Laval)",
            ),
            "2",
            "judgments",
        ),
    ),
    financial_impact=words("None on the budget of the Union.", "Aucun sur le budget de l'Union."),
    territorial_impact=words("None of its own on regions and cities.", "Aucun propre aux régions et aux villes."),
    burden=words("General principles only, no procedure.", "Des principes généraux seulement, aucune procédure."),
    consulted=words("Consultation on the Single Market Act.", "Consultation sur l'Acte pour le marché unique."),
)
SOURCE = Document(
    words("Early Warning System: First yellow card", "Système d'alerte précoce : premier carton jaune"),
    "https://portal.cor.europa.eu/subsidiarity/news/Pages/Early-Warning-System-First---yellow-card--.aspx",
)
REASONS = words(
    "A fact: this chamber sent a reasoned opinion on COM(2012) 130 within its time. Its reasons are in the opinion "
    "itself; recorded here are the two grounds of subsidiarity, and the last day to send it.",
    "Un fait : cette chambre a envoyé un avis motivé sur le COM(2012) 130 dans le délai. Ses motifs sont dans l'avis ; "
    "sont inscrits ici les deux motifs de subsidiarité et le dernier jour du délai.",
)
TOO_LATE = words(
    "Told for the demonstration: nothing of the kind is known of this chamber. An opinion that comes after the last "
    "day is kept, and has no vote.",
    "Raconté pour la démonstration : rien de tel n'est connu de cette chambre. Un avis arrivé après le dernier jour "
    "est conservé, sans voix.",
)
ON_SUBSIDIARITY = (Ground.NECESSITY, Ground.ADDED_VALUE)


def _roll(teller: Teller) -> Sequence[Seat]:
    """All 40 chambers: those of one chamber have two votes, the others one each, which makes 54."""
    return tuple(
        Seat(teller.units[name], SeatKind.UNICAMERAL if len(parliament.names) == 1 else SeatKind.CHAMBER)
        for parliament in PARLIAMENTS
        for name in parliament.names
    )


async def monti_ii(teller: Teller) -> StreamId:
    officer = teller.actor("commission", OFFICER)
    fields = {
        "polity": teller.units["union"],
        "author": teller.units["commission"],
        "author_kind": AuthorKind.COMMISSION,
        "draft": DRAFT,
        "competence": Competence.SHARED,
        "procedure": Procedure.SPECIAL,
        "roll": _roll(teller),
        "languages": LANGUAGES,
        "justification": STATEMENT,
    }
    opened = await teller.say("monti:open", officer, "reviews.open", fields, on=ADOPTED, basis="TFEU, art. 352")
    await teller.say(
        "monti:sent", officer, "reviews.complete-transmission", {}, on=TRANSMITTED, stream=opened.stream
    )  # fmt: skip
    for name in SPOKE:
        opinion = {"chamber": teller.units[name], "grounds": ON_SUBSIDIARITY, "reasons": REASONS, "document": SOURCE}
        await teller.say(
            f"monti:opinion:{name}", teller.actor(name, CLERK), "reviews.submit-opinion", opinion, on=LAST,
            stream=opened.stream,
        )  # fmt: skip
    await _closed(teller, opened.stream)
    return opened.stream


async def _closed(teller: Teller, stream: StreamId) -> None:
    await teller.let_time_pass("reviews", stream)
    late = {"chamber": teller.units[LATE], "grounds": ON_SUBSIDIARITY, "reasons": TOO_LATE}
    await teller.say(
        "monti:late", teller.actor(LATE, CLERK), "reviews.submit-opinion", late, on=date(2012, 5, 24), stream=stream
    )
    await teller.say(
        "monti:withdrawn", teller.actor("commission", SIGNATORY), "reviews.decide", {"outcome": Outcome.WITHDRAW},
        on=WITHDRAWN, stream=stream,
        because="The Commission found no breach of subsidiarity, and withdrew the draft since it was unlikely to find "
        "the support that it needed in the Parliament and the Council.",
    )  # fmt: skip
