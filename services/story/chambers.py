"""The parliaments of the 27 Member States of 2012, as Protocol No 2 counts them: 40 chambers with 54 votes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parliament:
    """`chambers`: one or two, by their own names. One has both votes, two have one each (Protocol No 2, art. 7(1))."""

    country: str
    state: Mapping[str, str]
    chambers: tuple[str, ...]

    @property
    def names(self) -> Sequence[str]:
        """What its chambers are called among the units of the story."""
        return tuple(chamber_of(self.country, chamber) for chamber in self.chambers)


def chamber_of(country: str, chamber: str) -> str:
    return f"{country}: {chamber}"


def _parliament(country: str, en: str, fr: str, *chambers: str) -> Parliament:
    return Parliament(country, {"en": en, "fr": fr}, chambers)


PARLIAMENTS: Sequence[Parliament] = (
    _parliament("AT", "Austria", "Autriche", "Nationalrat", "Bundesrat"),
    _parliament("BE", "Belgium", "Belgique", "Chambre des représentants", "Sénat"),
    _parliament("BG", "Bulgaria", "Bulgarie", "Narodno sabranie"),
    _parliament("CY", "Cyprus", "Chypre", "Vouli ton Antiprosopon"),
    _parliament("CZ", "Czechia", "Tchéquie", "Poslanecká sněmovna", "Senát"),
    _parliament("DE", "Germany", "Allemagne", "Bundestag", "Bundesrat"),
    _parliament("DK", "Denmark", "Danemark", "Folketing"),
    _parliament("EE", "Estonia", "Estonie", "Riigikogu"),
    _parliament("ES", "Spain", "Espagne", "Congreso de los Diputados", "Senado"),
    _parliament("FI", "Finland", "Finlande", "Eduskunta"),
    _parliament("FR", "France", "France", "Assemblée nationale", "Sénat"),
    _parliament("GB", "United Kingdom", "Royaume-Uni", "House of Commons", "House of Lords"),
    _parliament("GR", "Greece", "Grèce", "Vouli ton Ellinon"),
    _parliament("HU", "Hungary", "Hongrie", "Országgyűlés"),
    _parliament("IE", "Ireland", "Irlande", "Dáil Éireann", "Seanad Éireann"),
    _parliament("IT", "Italy", "Italie", "Camera dei deputati", "Senato della Repubblica"),
    _parliament("LT", "Lithuania", "Lituanie", "Seimas"),
    _parliament("LU", "Luxembourg", "Luxembourg", "Chambre des députés"),
    _parliament("LV", "Latvia", "Lettonie", "Saeima"),
    _parliament("MT", "Malta", "Malte", "Kamra tad-Deputati"),
    _parliament("NL", "Netherlands", "Pays-Bas", "Tweede Kamer", "Eerste Kamer"),
    _parliament("PL", "Poland", "Pologne", "Sejm", "Senat"),
    _parliament("PT", "Portugal", "Portugal", "Assembleia da República"),
    _parliament("RO", "Romania", "Roumanie", "Camera Deputaților", "Senat"),
    _parliament("SE", "Sweden", "Suède", "Riksdag"),
    _parliament("SI", "Slovenia", "Slovénie", "Državni zbor", "Državni svet"),
    _parliament("SK", "Slovakia", "Slovaquie", "Národná rada"),
)

SPOKE: Sequence[str] = (
    chamber_of("BE", "Chambre des représentants"),
    chamber_of("DK", "Folketing"),
    chamber_of("FR", "Sénat"),
    chamber_of("FI", "Eduskunta"),
    chamber_of("LV", "Saeima"),
    chamber_of("LU", "Chambre des députés"),
    chamber_of("MT", "Kamra tad-Deputati"),
    chamber_of("PL", "Sejm"),
    chamber_of("PT", "Assembleia da República"),
    chamber_of("SE", "Riksdag"),
    chamber_of("GB", "House of Commons"),
    chamber_of("NL", "Tweede Kamer"),
)
"""The twelve that sent a reasoned opinion on COM(2012) 130 in time. Sources: portal.cor.europa.eu, "Early Warning
System: First yellow card"; oide.sejm.gov.pl, "Yellow card procedure - COM(2012) 130"."""

LATE = chamber_of("RO", "Camera Deputaților")
"""Of whom a late opinion is told for the demonstration; nothing of the kind is known."""
