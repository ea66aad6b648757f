"""Countries and their subdivisions, from ISO 3166-1 and 3166-2 as the package pycountry carries them.

ISO names what lies in what; our parents are of another sphere. So the subdivisions of a state are regional, and what
ISO nests in one of those (the provinces of Spain, the departments of France, the districts of England) is local, as the
law of nearly all those countries has it; the exceptions are named below.
"""

import gettext
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import pycountry

from domain.kernel import Actor, PartialDate, Sphere, StreamId, UnitId, Words, named_stream
from domain.units import Identifier, Kind
from services.importing.directory import Directory
from services.importing.plan import REFUSED, UNCHANGED, Asked, Plan, WrongFile, command_id, order
from services.importing.zones import zone_of

SOURCE = f"ISO 3166-1 and 3166-2 as in pycountry {version('pycountry')} (Debian iso-codes, LGPL-2.1-or-later)"
PLACE = "iso-3166"
REGISTERED = "registered"
LANGUAGES = ("en", "es", "fr")
LINKS = frozenset({"Comunidad", "County", "Respublika", "Región", "Région", "The", "de", "město", "of"})
"""A part of a name behind a comma that ends so belongs before it."""

LISTED_TWICE: Mapping[str, str] = {
    "AS": "US-AS", "AX": "FI-01", "BL": "FR-BL", "GF": "FR-973", "GP": "FR-971", "GU": "US-GU", "HK": "CN-HK",
    "MF": "FR-MF", "MO": "CN-MO", "MP": "US-MP", "MQ": "FR-972", "NC": "FR-NC", "PF": "FR-PF", "PM": "FR-PM",
    "PR": "US-PR", "RE": "FR-974", "TF": "FR-TF", "UM": "US-UM", "VI": "US-VI", "WF": "FR-WF", "YT": "FR-976",
}  # fmt: skip
"""Entries of part 1 that part 2 lists as a subdivision of a state: one unit, regional, with both codes."""

MUNICIPALITIES = frozenset(
    {
        "City", "City corporation", "City municipality", "Commune", "Council area", "London borough",
        "Metropolitan district", "Municipality", "Rural municipality", "Unitary authority", "Urban municipality",
    }
)  # fmt: skip
"""Types of nested subdivisions that are municipalities; the other nested ones are counties, provinces, departments.

The district municipalities of Lithuania surround cities of the same name, and are not those cities: they stay out.
"""

OF_THE_STATE_ALONE: Mapping[str, frozenset[str]] = {
    "BW": frozenset({"City", "Town"}),
    "GL": frozenset({"Municipality"}),
    "HU": frozenset({"City with county rights"}),
    "LI": frozenset({"Commune"}),
    "LV": frozenset({"Municipality", "State city"}),
    "ME": frozenset({"Municipality"}),
    "MK": frozenset({"Municipality"}),
    "MT": frozenset({"Local council"}),
    "SI": frozenset({"Municipality", "Urban municipality"}),
    "SM": frozenset({"Municipality"}),
    "TV": frozenset({"Island council", "Town council"}),
}
"""Where ISO lists the municipalities themselves, because nothing lies between them and the state."""

NESTED_REGIONS = frozenset({"Autonomous province", "European collectivity", "Governorate"})
NO_GOVERNMENT = frozenset({"Geographical unit", "Geographical region", "Chain (of islands)"})
"""What ISO only groups by: it has no government, so what lies in it is of the sphere that comes next to the state."""
BELOW_GEOGRAPHY_LOCAL = frozenset({"Municipality", "District", "City"})


def plan_iso3166(countries: Sequence[str], directory: Directory, registrar: Actor) -> Plan:
    """Countries by alpha-2 code (none: all of them) with their subdivisions; units that are there stay as they are.

    Raises WrongFile for a code that ISO does not know.
    """
    wanted = _countries(countries)
    states = _states(wanted)
    known = {subdivision.code: subdivision for subdivision in pycountry.subdivisions}
    parts = [known[code] for code in _part_codes(wanted)]
    entries = [_state(country, directory, registrar) for country in states]
    entries += [_part(part, known, directory, registrar) for part in parts]
    waves: list[list[Asked]] = [[], [], []]
    for line, (depth, asked) in enumerate(entries, start=1):
        if asked is not None:
            waves[depth].append(Asked(line, asked.key, asked.becomes, asked.order))
    missing = sum(asked is None for _, asked in entries)
    return Plan(PLACE, len(entries), (REGISTERED, UNCHANGED, REFUSED), waves, counted={UNCHANGED: missing})


def _countries(codes: Sequence[str]) -> list[Any]:
    every: dict[str, Any] = {country.alpha_2: country for country in pycountry.countries}
    if not codes:
        return [every[code] for code in sorted(every)]
    found = {code: every.get(code.upper()) for code in codes}
    unknown = [code for code, country in found.items() if country is None]
    if unknown:
        raise WrongFile(f"ISO 3166-1 has no country {', '.join(unknown)}. Give two letters, such as FR or CO.")
    return [every[code] for code in dict.fromkeys(code.upper() for code in codes)]


def _states(wanted: Sequence[Any]) -> list[Any]:
    """Those that are states, and for a territory the state that it belongs to."""
    codes = (LISTED_TWICE.get(country.alpha_2, country.alpha_2)[:2] for country in wanted)
    return [pycountry.countries.get(alpha_2=code) for code in dict.fromkeys(codes)]


def _part_codes(countries: Sequence[Any]) -> list[str]:
    """The subdivisions of these countries; asked for a territory alone, the one that it is."""
    wanted = {country.alpha_2 for country in countries}
    codes = {part.code for part in pycountry.subdivisions if part.country_code in wanted}
    return sorted(codes | {code for country, code in LISTED_TWICE.items() if country in wanted})


def unit_stream(scheme: str, code: str) -> StreamId:
    """The stream, and id, of a unit that an importer registers under a code: the same in every ledger."""
    return named_stream("unit", f"{scheme}:{code}")


def _state(country: Any, directory: Directory, registrar: Actor) -> tuple[int, Asked | None]:
    code = country.alpha_2
    fields = {
        "name": Words(_names(getattr(country, "common_name", country.name), "iso3166-1")),
        "sphere": Sphere.NATIONAL,
        "kind": Kind.STATE,
        "jurisdiction": code,
        "time_zone": zone_of(code),
        "identifiers": _codes_of_country(country),
    }
    return 0, registration(registrar, directory, "iso3166-1", code, fields, SOURCE)


def _codes_of_country(country: Any) -> tuple[Identifier, ...]:
    return (Identifier("iso3166-1", country.alpha_2), Identifier("iso3166-1-alpha-3", country.alpha_3))


def _part(part: Any, known: Mapping[str, Any], directory: Directory, registrar: Actor) -> tuple[int, Asked | None]:
    sphere, kind, above = _standing(part, known)
    twin = next((country for country, code in LISTED_TWICE.items() if code == part.code), None)
    identifiers: tuple[Identifier, ...] = (Identifier("iso3166-2", part.code),)
    if twin:
        identifiers += _codes_of_country(pycountry.countries.get(alpha_2=twin))
    scheme = "iso3166-2" if "-" in above else "iso3166-1"
    parent = directory.code(scheme, above)
    fields = {
        "name": Words(_names(part.name, "iso3166-2")),
        "sphere": sphere,
        "kind": kind,
        "jurisdiction": part.code,
        "time_zone": zone_of(part.country_code, part.code),
        "parent": parent.id if parent else UnitId(unit_stream(scheme, above)),
        "identifiers": identifiers,
    }
    asked = registration(registrar, directory, "iso3166-2", part.code, fields, SOURCE)
    return (2 if "-" in above else 1), asked


def _standing(part: Any, known: Mapping[str, Any]) -> tuple[Sphere, Kind, str]:
    """The sphere and kind of a subdivision, and the code of the unit of another sphere in which it lies."""
    country = part.country_code
    above = known.get(part.parent_code) if part.parent_code else None
    if country in LISTED_TWICE:
        return Sphere.LOCAL, Kind.COUNTY, LISTED_TWICE[country]
    if above is None:
        if part.type in OF_THE_STATE_ALONE.get(country, ()):
            return Sphere.LOCAL, Kind.MUNICIPALITY, country
        return Sphere.REGIONAL, Kind.REGION, country
    if part.type in NESTED_REGIONS or (above.type in NO_GOVERNMENT and part.type not in BELOW_GEOGRAPHY_LOCAL):
        return Sphere.REGIONAL, Kind.REGION, country
    kind = Kind.MUNICIPALITY if part.type in MUNICIPALITIES else Kind.COUNTY
    while _standing(above, known)[0] is not Sphere.REGIONAL:
        above = known[above.parent_code]
    return Sphere.LOCAL, kind, above.code


def registration(
    registrar: Actor, directory: Directory, scheme: str, code: str, fields: Mapping[str, object], source: str
) -> Asked | None:
    """The command that registers a unit under a code; None where the directory has it, or once had it."""
    stream = unit_stream(scheme, code)
    if directory.code(scheme, code) is not None or UnitId(stream) in directory.units:
        return None
    given = {"alive_from": PartialDate("unknown"), "source": source, **fields}
    cmd = command_id(scheme, code, "")
    return Asked(0, code, REGISTERED, order(registrar, "units", "register", given, cmd, stream=stream))


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    return gettext.translation(domain, pycountry.LOCALES_DIR, [language], fallback=True)


def _names(name: str, domain: str) -> dict[str, str]:
    """By language; ISO's own spelling stands under `und` where English has another."""
    said = {language: _plain(_catalogue(domain, language).gettext(name)) for language in LANGUAGES}
    own, english = _plain(name), said["en"]
    found = {"en": english} | {language: text for language, text in said.items() if text not in (own, english)}
    return found if own == english else found | {"und": own}


def _plain(name: str) -> str:
    """`Asturias, Principado de` reads `Principado de Asturias`, and what ISO adds in brackets falls away."""
    bare = re.sub(r"\s*\[[^\]]*\]", "", name).strip() or name.strip()
    front, comma, back = bare.rpartition(", ")
    linked = comma and back.split()[-1] in LINKS
    return f"{back} {front}" if linked else bare
