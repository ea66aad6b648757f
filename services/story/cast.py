"""Who takes part in the sample story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.kernel import PartialDate, Role, Sphere
from domain.units import Identifier, Kind
from services.story.chambers import LATE, PARLIAMENTS, SPOKE, Parliament

SAMPLE = "Sample story: a real body; that it acts in this register is told for the demonstration. "
COG = SAMPLE + "Codes: INSEE, Code officiel géographique (Licence Ouverte 2.0); ISO 3166."
LEGIFRANCE = SAMPLE + "Founded by: legifrance.gouv.fr, "
TREATIES = SAMPLE + "Founded by: eur-lex.europa.eu, Treaty on European Union, art. "
ROLL_2012 = SAMPLE + "Roll of the 27 Member States of 2012: Protocol (No 2) annexed to the TEU and the TFEU, art. 7(1)."

OFFICER, SIGNATORY, ASSESSOR = Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY, Role.INDEPENDENT_ASSESSOR
TREASURER, CLERK, SECRETARIAT = Role.FINANCE_OFFICER, Role.PARLIAMENT_CLERK, Role.FORUM_SECRETARIAT
BOTH = (SIGNATORY, OFFICER)
ALL_THREE = (*BOTH, TREASURER)


@dataclass(frozen=True, slots=True)
class Member:
    """A unit of the story. Its stream is that of its first code, so that an import of the directory finds it there.

    `zone`: its time zone, where that is not its country's.
    """

    names: Mapping[str, str]
    sphere: Sphere
    kind: Kind
    codes: tuple[Identifier, ...]
    parent: str = ""
    since: str = "unknown"
    source: str = COG
    roles: Sequence[Role] = BOTH
    country: str = "FR"
    zone: str = ""

    @property
    def alive_from(self) -> PartialDate:
        return PartialDate(self.since)


def _code(scheme: str, value: str) -> Identifier:
    return Identifier(scheme, value)


_ACTORS: Mapping[str, Member] = {
    "state": Member(
        {"en": "France", "es": "Francia"}, Sphere.NATIONAL, Kind.STATE,
        (_code("iso3166-1", "FR"), _code("iso3166-1-alpha-3", "FRA")), roles=ALL_THREE,
    ),
    "region": Member(
        {"en": "Auvergne-Rhône-Alpes"}, Sphere.REGIONAL, Kind.REGION, (_code("iso3166-2", "FR-ARA"),),
        parent="state", since="2016-01-01", roles=ALL_THREE,
    ),
    "metropolis": Member(
        {"en": "Metropolis of Lyon", "fr": "Métropole de Lyon"}, Sphere.LOCAL, Kind.INTERMUNICIPAL,
        (_code("iso3166-2", "FR-69M"),), parent="region", since="2015-01-01", roles=ALL_THREE,
    ),
    "department": Member(
        {"en": "Rhône"}, Sphere.LOCAL, Kind.COUNTY, (_code("iso3166-2", "FR-69"),), parent="region",
    ),
    "city": Member(
        {"en": "Lyon", "fr": "Lyon"}, Sphere.LOCAL, Kind.MUNICIPALITY, (_code("insee", "69123"),), parent="region",
    ),
    "neighbour": Member(
        {"en": "Villeurbanne", "fr": "Villeurbanne"}, Sphere.LOCAL, Kind.MUNICIPALITY, (_code("insee", "69266"),),
        parent="region",
    ),
    "capital": Member(
        {"en": "Paris", "fr": "Paris"}, Sphere.LOCAL, Kind.MUNICIPALITY, (_code("insee", "75056"),), parent="state",
    ),
    "council": Member(
        {"en": "High Council on Climate", "fr": "Haut Conseil pour le climat"}, Sphere.NATIONAL, Kind.AGENCY,
        (_code("sample", "haut-conseil-pour-le-climat"),), since="2019-05",
        source=LEGIFRANCE + "décret n° 2019-439 du 14 mai 2019.", roles=(ASSESSOR,),
    ),
    "cerema": Member(
        {"en": "Cerema", "fr": "Cerema"}, Sphere.NATIONAL, Kind.AGENCY,
        (_code("sample", "cerema"),), since="2014-01-01",
        source=LEGIFRANCE + "décret n° 2013-1273 du 27 décembre 2013.", roles=(ASSESSOR,),
    ),
    "evaluators": Member(
        {"en": "National Council for the Evaluation of Norms", "fr": "Conseil national d'évaluation des normes"},
        Sphere.LOCAL, Kind.FORUM, (_code("sample", "conseil-national-d-evaluation-des-normes"),), since="2013-10",
        source=LEGIFRANCE + "loi n° 2013-921 du 17 octobre 2013.", roles=(SECRETARIAT,),
    ),
    "union": Member(
        {"en": "European Union", "fr": "Union européenne"}, Sphere.SUPRANATIONAL, Kind.ORGANISATION,
        (_code("sample", "european-union"),), since="1993-11-01", source=TREATIES + "1.", roles=(),
        country="EU", zone="Europe/Brussels",
    ),
    "commission": Member(
        {"en": "European Commission", "fr": "Commission européenne"}, Sphere.SUPRANATIONAL, Kind.ORGANISATION,
        (_code("sample", "european-commission"),), source=TREATIES + "17.", country="EU", zone="Europe/Brussels",
    ),
}  # fmt: skip


def _chamber(parliament: Parliament, number: int) -> Member:
    """A chamber, called by its own name and its State; somebody acts for those that say something in the story."""
    chamber, name = parliament.chambers[number], parliament.names[number]
    return Member(
        {tag: f"{chamber} ({state})" for tag, state in parliament.state.items()},
        Sphere.NATIONAL,
        Kind.CHAMBER,
        (_code("sample-chamber", f"{parliament.country}-{number + 1}"),),
        source=ROLL_2012,
        roles=(CLERK,) if name in (*SPOKE, LATE) else (),
        country=parliament.country,
    )


CAST: Mapping[str, Member] = {
    **_ACTORS,
    **{
        parliament.names[number]: _chamber(parliament, number)
        for parliament in PARLIAMENTS
        for number in range(len(parliament.chambers))
    },
}
"""In the order in which they are registered: a parent before what lies in it."""
