"""The terms of one pledge, read from the cells of its row in the Net Zero Tracker."""

import re
from collections.abc import Mapping
from datetime import date, datetime

from domain.commitments.words import Aim, Instrument, Quantity, Reporting, Source, Target
from domain.kernel import PartialDate, UnitId, Words
from services.importing.plan import BadRow
from services.importing.rows import Row

URL = "https://zerotracker.net/"
LICENCE = "CC-BY-4.0"
COLUMNS = (
    "last_updated", "id_code", "name", "country", "actor_type", "end_target", "end_target_percentage_reduction",
    "end_target_baseline_year", "end_target_intensity_unit", "end_target_other", "end_target_year",
    "end_target_status", "status_date", "interim_target", "interim_target_percentage_reduction",
    "interim_target_baseline_year", "interim_target_intensity_unit", "interim_target_other", "interim_target_year",
    "end_target_text", "interim_target_text", "target_notes", "source_url", "has_plan", "reporting_mechanism",
)  # fmt: skip

STATUS: Mapping[str, Instrument] = {
    "Proposed / in discussion": Instrument.PROPOSED,
    "Declaration / pledge": Instrument.DECLARATION,
    "In policy document": Instrument.IN_POLICY,
    "In law": Instrument.IN_LAW,
    "Achieved (self-declared)": Instrument.ACHIEVED_SELF_DECLARED,
    "Achieved (externally validated)": Instrument.ACHIEVED_VALIDATED,
}
REPORTS: Mapping[str, Reporting] = {
    "": Reporting.UNKNOWN,
    "Annual reporting": Reporting.ANNUAL,
    "Less than annual reporting": Reporting.LESS_THAN_ANNUAL,
    "No reporting mechanism": Reporting.NONE,
}
PLAN: Mapping[str, bool | None] = {"": None, "Yes": True, "No": False}
ACTORS = ("Country", "Region", "City")
NO_INTERIM = ("", "No target")

NEUTRAL: Mapping[str, str] = {
    "Net zero": "t CO2e (net)",
    "Climate neutral": "t CO2e (net)",
    "GHG neutral(ity)": "t CO2e (net)",
    "Carbon neutral(ity)": "t CO2 (net)",
    "Zero carbon": "t CO2",
    "Zero emissions": "t CO2e",
}
"""Targets that by their name mean none left, and of what."""
KINDS = frozenset(NEUTRAL) | {
    "1.5°C target", "Absolute emissions target", "Climate positive", "Emissions intensity target",
    "Emissions reduction target", "Other", "Reduction v. BAU",
}  # fmt: skip

YEARS = range(1850, 2201)
WHOLE = re.compile(r"([0-9]{1,4})(?:\.0)?")
PERCENT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,9})?")
ADDRESS = re.compile(r"https?://\S+")


def faults(row: Row) -> list[BadRow]:
    """The cells that cannot be used, most telling first."""
    key, found = row["id_code"], list[BadRow]()

    def must(column: str, holds: bool, reason: str) -> None:
        if not holds:
            found.append(row.bad(key, column, reason))

    must("last_updated", _is_moment(row["last_updated"]), "It is no moment like 2022-06-01 14:11:39.")
    must("actor_type", row["actor_type"] in ACTORS, "It is none of Country, Region and City.")
    must("name", 0 < len(row["name"]) <= 200, "A name has 1 to 200 characters.")
    must("end_target", row["end_target"] != "", "The source does not say whether anything was promised.")
    must("end_target", row["end_target"] in {*KINDS, ""}, "This kind of target is not known.")
    must("interim_target", row["interim_target"] in {*KINDS, *NO_INTERIM}, "This kind of target is not known.")
    must("end_target_status", row["end_target_status"] != "", "The source does not say how strongly the pledge binds.")
    must("end_target_status", row["end_target_status"] in {*STATUS, ""}, "This status is not known.")
    must("has_plan", row["has_plan"] in PLAN, "It is neither Yes nor No.")
    must("reporting_mechanism", row["reporting_mechanism"] in REPORTS, "This kind of reporting is not known.")
    for column in (name for name in COLUMNS if name.endswith("_year") or name == "status_date"):
        must(column, _is_year(row[column]), f"It is no year from {YEARS[0]} to {YEARS[-1]}.")
    for column in (name for name in COLUMNS if name.endswith("_percentage_reduction")):
        must(column, PERCENT.fullmatch(row[column] or "0") is not None, "It is no percentage.")
    early = row["status_date"][:4] <= row["last_updated"][:4]
    must("status_date", early, "The status is dated after the row's last update.")
    return found


def _is_moment(text: str) -> bool:
    try:
        return len(text) == 19 and bool(datetime.strptime(text, "%Y-%m-%d %H:%M:%S"))  # noqa: DTZ007  (only its form)
    except ValueError:
        return False


def _is_year(text: str) -> bool:
    found = WHOLE.fullmatch(text)
    return text == "" or (found is not None and int(found[1]) in YEARS)


def _year(text: str) -> PartialDate | None:
    found = WHOLE.fullmatch(text)
    return PartialDate(found[1]) if found else None


def terms(row: Row, owner: UnitId, source: str, retrieved_on: date) -> tuple[dict[str, object], PartialDate]:
    """The fields of the command but the owner, and the date that the pledge counts from: a year, or unknown."""
    ends_on = _year(row["end_target_year"])
    status_on = _year(row["status_date"]) or PartialDate("unknown")
    fields: dict[str, object] = {
        "title": Words({"en": _title(row["end_target"], ends_on)}),
        "description": Words({"en": _description(row)}),
        "ends_on": ends_on or PartialDate("unknown"),
        "source": Source(source, URL, retrieved_on, LICENCE, row["id_code"]),
        "updated": row["last_updated"],
        "instrument": STATUS[row["end_target_status"]],
        "status_on": status_on,
        "has_plan": PLAN[row["has_plan"]],
        "reporting": REPORTS[row["reporting_mechanism"]],
        "targets": _targets(row, owner),
    }
    return fields, status_on


def _title(kind: str, ends_on: PartialDate | None) -> str:
    said = "Climate target" if kind == "Other" else kind
    return f"{said} by {ends_on}" if ends_on else said


def _description(row: Row) -> str:
    """The source's own words, cut where they would not fit, and the address that it gives for them."""
    texts = [row["end_target_text"], row["interim_target_text"], row["target_notes"]]
    said = "\n\n".join(dict.fromkeys(text for text in texts if text)) or "The source gives no text."
    address = ADDRESS.match(row["source_url"])
    ending = f"\n\nSource named there: {address[0]}" if address and len(address[0]) <= 1000 else ""
    return _cut(said, 4000 - len(ending)) + ending


def _cut(text: str, at_most: int) -> str:
    # Lone control characters come from copied PDFs, and mean nothing.
    clean = "".join(char for char in text if char in "\n\t" or ord(char) >= 32)
    return clean if len(clean) <= at_most else clean[: at_most - 1].rstrip() + "…"


def _targets(row: Row, owner: UnitId) -> tuple[Target, ...]:
    ends = [Aim.END] if row["interim_target"] in NO_INTERIM else [Aim.END, Aim.INTERIM]
    return tuple(_target(row, aim, owner) for aim in ends)


def _target(row: Row, aim: Aim, owner: UnitId) -> Target:
    kind = row[f"{aim}_target"]
    return Target(
        aim=aim,
        measure=Words({"en": _measure(row, aim, kind)}),
        baseline_on=_year(row[f"{aim}_target_baseline_year"]),
        value=_value(row, aim, kind),
        due_on=_year(row[f"{aim}_target_year"]),
        responsible=owner,
    )


def _measure(row: Row, aim: Aim, kind: str) -> str:
    if kind == "Other":
        said = row[f"{aim}_target_other"] or row[f"{aim}_target_text"] or "Another kind of target, not described"
        return _cut(said, 500)
    if kind == "Emissions intensity target":
        return _cut(f"{kind}: {row[f'{aim}_target_intensity_unit'] or 'per unit not named'}", 500)
    return kind


def _value(row: Row, aim: Aim, kind: str) -> Quantity | None:
    """What is to be reached, if the row says it in figures and what they count; amounts without a unit stay out."""
    if kind in NEUTRAL:
        return Quantity("0", NEUTRAL[kind])
    percent = row[f"{aim}_target_percentage_reduction"]
    if not percent:
        return None
    baseline = _year(row[f"{aim}_target_baseline_year"])
    if kind == "Reduction v. BAU":
        return Quantity(_decimal(percent), "% below business as usual")
    return Quantity(_decimal(percent), f"% below {baseline}" if baseline else "% below a baseline not named")


def _decimal(text: str) -> str:
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    return f"{int(whole)}.{part}" if part else str(int(whole))
