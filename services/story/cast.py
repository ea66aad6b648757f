"""Who takes part in the sample story."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.kernel import PartialDate, Role, Sphere
from domain.units import Identifier, Kind

SAMPLE = "Sample story: a real body; that it acts in this register is told for the demonstration. "
COG = SAMPLE + "Codes: INSEE, Code officiel géographique (Licence Ouverte 2.0); ISO 3166."
LEGIFRANCE = SAMPLE + "Founded by: legifrance.gouv.fr, "

OFFICER, SIGNATORY, ASSESSOR = Role.LIAISON_OFFICER, Role.AUTHORISED_SIGNATORY, Role.INDEPENDENT_ASSESSOR
BOTH = (SIGNATORY, OFFICER)


@dataclass(frozen=True, slots=True)
class Member:
    """A unit of the story. Its stream is that of its first code, so that an import of the directory finds it there."""

    names: Mapping[str, str]
    sphere: Sphere
    kind: Kind
    codes: tuple[Identifier, ...]
    parent: str = ""
    since: str = "unknown"
    source: str = COG
    roles: Sequence[Role] = BOTH

    @property
    def alive_from(self) -> PartialDate:
        return PartialDate(self.since)


def _code(scheme: str, value: str) -> Identifier:
    return Identifier(scheme, value)


CAST: Mapping[str, Member] = {
    "state": Member(
        {"en": "France", "es": "Francia"}, Sphere.NATIONAL, Kind.STATE,
        (_code("iso3166-1", "FR"), _code("iso3166-1-alpha-3", "FRA")),
    ),
    "region": Member(
        {"en": "Auvergne-Rhône-Alpes"}, Sphere.REGIONAL, Kind.REGION, (_code("iso3166-2", "FR-ARA"),),
        parent="state", since="2016-01-01",
    ),
    "metropolis": Member(
        {"en": "Metropolis of Lyon", "fr": "Métropole de Lyon"}, Sphere.LOCAL, Kind.INTERMUNICIPAL,
        (_code("iso3166-2", "FR-69M"),), parent="region", since="2015-01-01",
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
}  # fmt: skip
"""In the order in which they are registered: a parent before what lies in it."""
