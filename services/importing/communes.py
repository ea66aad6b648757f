"""The communes of France, from INSEE's official geographic code, each in its region or overseas collectivity."""

from collections.abc import Mapping
from pathlib import Path

from domain.kernel import Actor, Sphere, UnitId, Words
from domain.units import Identifier, Kind
from services.importing.directory import Directory
from services.importing.iso3166 import REGISTERED, registration
from services.importing.plan import REFUSED, UNCHANGED, Asked, BadRow, Plan, WrongFile
from services.importing.rows import Row, read_rows, repeated
from services.importing.zones import zone_of

SOURCE = "INSEE, Code officiel géographique: communes (Licence Ouverte / Etalab 2.0)"
PLACE = "fr-communes"
COLUMNS = ("code", "nom", "type", "region")
CURRENT = "commune-actuelle"

ISO_OF_REGION: Mapping[str, str] = {
    "01": "FR-971", "02": "FR-972", "03": "FR-973", "04": "FR-974", "06": "FR-976",
    "11": "FR-IDF", "24": "FR-CVL", "27": "FR-BFC", "28": "FR-NOR", "32": "FR-HDF", "44": "FR-GES",
    "52": "FR-PDL", "53": "FR-BRE", "75": "FR-NAQ", "76": "FR-OCC", "84": "FR-ARA", "93": "FR-PAC", "94": "FR-20R",
    "975": "FR-PM", "977": "FR-BL", "978": "FR-MF", "984": "FR-TF", "986": "FR-WF", "987": "FR-PF", "988": "FR-NC",
    "989": "FR-CP",
}  # fmt: skip
"""INSEE's code of a region or overseas collectivity -> ISO 3166-2."""


def plan_communes(path: Path, directory: Directory, registrar: Actor) -> Plan:
    """Communes as local units with `insee` (and `siren`) codes; those that are there stay as they are.

    The parent is the region: a department is of the local sphere too, and a parent is of another one. Where the
    directory has no such region, it is the state. Raises WrongFile, also where France itself is not registered yet.
    """
    rows, bad = read_rows(path, COLUMNS)
    state = directory.code("iso3166-1", "FR")
    if state is None:
        raise WrongFile("France is not in the directory yet: run `subsidia import iso-3166 FR` first.")
    bad += repeated(rows, "code")
    spoilt = {fault.line for fault in bad}
    wave: list[Asked] = []
    present = 0
    for row in rows:
        if row.line in spoilt:
            continue
        faults = _faults(row)
        bad += faults
        if not faults:
            asked = registration(registrar, directory, "insee", row["code"], _fields(row, directory, state.id), SOURCE)
            present += asked is None
            wave += [Asked(row.line, asked.key, asked.becomes, asked.order)] if asked else []
    words = (REGISTERED, UNCHANGED, REFUSED)
    return Plan(PLACE, len(wave) + present + len(bad), words, [wave], bad, counted={UNCHANGED: present})


def _faults(row: Row) -> list[BadRow]:
    """The first cell of the row that cannot be used, if there is one."""
    code = row["code"]
    for column, wrong, reason in (
        ("code", not (len(code) == 5 and code.isascii() and code.isalnum()), "A commune's code has five characters."),
        ("nom", not row["nom"], "The commune has no name."),
        ("nom", len(row["nom"]) > 200, "A name has at most 200 characters."),
        ("type", row["type"] != CURRENT, f"Only rows of the type {CURRENT} are communes of today."),
        ("region", row["region"] not in ISO_OF_REGION, "INSEE has no region or overseas collectivity of this code."),
    ):
        if wrong:
            return [row.bad(code, column, reason)]
    siren = row.cells.get("siren", "")
    if siren and not (len(siren) == 9 and siren.isascii() and siren.isdigit()):
        return [row.bad(code, "siren", "A SIREN number has nine digits.")]
    return []


def _fields(row: Row, directory: Directory, state: UnitId) -> dict[str, object]:
    region = ISO_OF_REGION[row["region"]]
    parent = directory.code("iso3166-2", region)
    lies_in = parent.id if parent is not None and parent.sphere is not Sphere.LOCAL else state
    codes = [Identifier("insee", row["code"])]
    if siren := row.cells.get("siren", ""):
        codes.append(Identifier("siren", siren))
    return {
        "name": Words({"fr": row["nom"]}),
        "sphere": Sphere.LOCAL,
        "kind": Kind.MUNICIPALITY,
        "jurisdiction": "FR",
        "time_zone": zone_of("FR", region),
        "parent": lies_in,
        "identifiers": tuple(codes),
    }
