"""The policies that a fresh ledger adopts.

A value is said to be law only where its text was read; `unread:` names the instrument that a default is believed to
follow, until somebody has checked it. Defaults without a citation are proposals of this project.
"""

from collections.abc import Mapping
from datetime import date

from domain.kernel import PolicyValue
from domain.policies import scrutiny
from domain.policies.citing import UNREAD, Said
from domain.policies.parameters import KNOWN
from domain.policies.rules import DEFAULT, EVERYWHERE, LAW, PolicyAdopted, PolicyAmended

ALWAYS = date(1990, 1, 1)
"""So early that whatever is recorded here finds its policy."""

LEY_40 = "Ley 40/2015, de Régimen Jurídico del Sector Público, art. "
CONFERENZA = "d.lgs. 28 agosto 1997, n. 281, art. "
SDG = "UN registry of SDG partnerships: traffic light of yearly progress reports"
COVENANT = "Covenant of Mayors Europe, FAQ 53, 77 and 110"
OGP = "Open Government Partnership, Independent Reporting Mechanism: results report"


def values(name: str, said: Mapping[str, Said]) -> tuple[PolicyValue, ...]:
    """The values in the order of the table of parameters. LookupError where one is none of the policy's."""
    if strangers := said.keys() - KNOWN[name].keys():
        raise LookupError(f"The policy {name} has no such parameter: {', '.join(sorted(strangers))}.")
    return tuple(_value(parameter, *said[parameter]) for parameter in KNOWN[name])


def _value(parameter: str, value: str, citation: str) -> PolicyValue:
    read = citation != "" and not citation.startswith(UNREAD)
    return PolicyValue(parameter, value, LAW if read else DEFAULT, citation)


def _ours(**values: str) -> Mapping[str, Said]:
    """Proposals of this project; a double underscore stands for the dot."""
    return {parameter.replace("__", "."): (value, "") for parameter, value in values.items()}


IT_CONFERENZA: Mapping[str, Said] = {
    "parere_days": ("20", UNREAD + CONFERENZA + "2"),
    "intesa_days": ("30", CONFERENZA + "3"),
    "urgent_submit_days": ("15", CONFERENZA + "3"),
    "override_allowed": ("yes", UNREAD + CONFERENZA + "3"),
}
ES_CONVENIO: Mapping[str, Said] = {
    "max_term_years": ("4", LEY_40 + "49(h)"),
    "max_extension_years": ("4", LEY_40 + "49(h)"),
    "longer_term_by_rule": ("yes", LEY_40 + "49(h)"),
    "inscribe_workdays": ("5", LEY_40 + "48.8"),
    "publish_workdays": ("10", LEY_40 + "48.8"),
    "inscribe_only_with_state": ("yes", LEY_40 + "48.8"),
    "audit_over_eur": ("600000", LEY_40 + "53"),
    "audit_months": ("3", LEY_40 + "53"),
    "refund_months": ("1", LEY_40 + "52"),
    "interest_after_months": ("1", LEY_40 + "52"),
}
ZA_IGRFA: Mapping[str, Said] = {
    "spheres": ("national, provincial, local", "Intergovernmental Relations Framework Act 13 of 2005, preamble"),
    "court_needs": ("settlement_failed", UNREAD + "Intergovernmental Relations Framework Act 13 of 2005, s. 45"),
    # The Act says "promptly", and no number of days.
    "first_meeting_days": ("none", "Intergovernmental Relations Framework Act 13 of 2005, s. 42"),
}
KE_IGRA: Mapping[str, Said] = {
    "first_meeting_days": ("21", UNREAD + "Intergovernmental Relations Act 2012, s. 33"),
    "county_share_min": ("0.15", "Constitution of Kenya 2010, art. 203(2)"),
    "county_share_base": ("latest_approved_audit", "Constitution of Kenya 2010, art. 203(3)"),
}
PH_LGC: Mapping[str, Said] = {
    "debt_service_max": ("0.20", UNREAD + "Local Government Code of 1991 (RA 7160), s. 324(b)"),
    "ira_share": ("0.40", "Local Government Code of 1991 (RA 7160), s. 284; Mandanas v. Ochoa"),
    "ira_base_years_back": ("3", "Local Government Code of 1991 (RA 7160), s. 284; Mandanas v. Ochoa"),
    "prior_local_approval": ("yes", "Local Government Code of 1991 (RA 7160), ss. 26-27; G.R. 196870"),
    "prior_approval_scope": ("listed_effects", "Local Government Code of 1991 (RA 7160), ss. 26-27; G.R. 196870"),
}
COMMITMENT: Mapping[str, Said] = {
    "smart_mode": ("flag", ""),
    "report_months": ("12", SDG),
    "red_months": ("24", SDG),
    "plan_months": ("24", COVENANT),
    "monitor_months": ("24", COVENANT),
    "inventory_months": ("48", COVENANT),
    "results_review_after_months": ("4", OGP),
    "max_extensions": ("1", COVENANT),
    # The Covenant gives notice before it puts a commitment on hold; how long before, it does not say.
    "hold_notice_days": ("30", ""),
    "answer_days": ("30", ""),
}
MANDATE = _ours(
    min_consultation_days="30", max_subdelegation_depth="1", revocation_notice_days="90",
    connexity__mode="flag", connexity__materiality="0.0025", connexity__cover_ratio="1.0",
    answer_days="60", barred="none", delegation__needs_funding="no", delegation__min_years_to_local="0",
    delegation__max_years_by_state="none",
)  # fmt: skip
# What a jurisdiction's policy does not take from its law, it takes from our proposals.
MANDATE_DE: Mapping[str, Said] = {
    **MANDATE,
    "barred": ("national>local", "Grundgesetz, Art. 84(1) s. 7"),
    "connexity.cover_ratio": ("1.0", UNREAD + "the constitutions of the Länder (strict Konnexität)"),
}
# In North Rhine-Westphalia the remedy of a municipality is compensation, so that a gap is shown and does not refuse.
MANDATE_DE_NW: Mapping[str, Said] = {
    **MANDATE_DE,
    "min_consultation_days": ("28", UNREAD + "KonnexAG NRW: four weeks"),
    "connexity.mode": ("flag", UNREAD + "KonnexAG NRW"),
}
LBRL = "Ley 7/1985, Reguladora de las Bases del Régimen Local, art. 27"
MANDATE_ES: Mapping[str, Said] = {
    **MANDATE,
    "delegation.needs_funding": ("yes", UNREAD + LBRL),
    "delegation.min_years_to_local": ("5", UNREAD + LBRL),
}
MANDATE_FR: Mapping[str, Said] = {
    **MANDATE,
    "delegation.max_years_by_state": ("6", UNREAD + "Code général des collectivités territoriales, art. L1111-8"),
}
# The limits of debt and interest are law in Spain, the Philippines and Italy; elsewhere they are what we propose.
FINANCE = _ours(
    adequacy_min="1.0", adequacy_alert="0.9", max_earmarked_share="0.5", late_days="15",
    debt_stock_max="1.10", debt_service_max="0.20", interest_max="0.10",
)  # fmt: skip
EMERGENCY = _ours(
    initial_days="15", max_extension_days="30", majorities="0.5, 0.6",
    measure_review_days="14", retro_consult_days="15", review_days="90",
)  # fmt: skip
PARTICIPATION = _ours(inform_days="14", open_days="30", answer_days="90", petition_share="0.01")
SUBSIDIARITY: Mapping[str, Said] = {
    **_ours(revisit_months="36", min_consultation_days="30", mandate_follow_months="6", min_indicators="1"),
    "upward_grounds": ("extent, nature, efficiency, economy", "European Charter of Local Self-Government, art. 4(3)"),
}


def _adopted(name: str, jurisdiction: str, since: date, said: Mapping[str, Said]) -> PolicyAdopted:
    return PolicyAdopted(name, jurisdiction, since, values(name, said))


SHIPPED: tuple[PolicyAdopted, ...] = (
    _adopted("commitment", EVERYWHERE, ALWAYS, COMMITMENT),
    _adopted("mandate", EVERYWHERE, ALWAYS, MANDATE),
    _adopted("mandate", "DE", date(2006, 9, 1), MANDATE_DE),
    _adopted("mandate", "DE-NW", date(2006, 9, 1), MANDATE_DE_NW),
    _adopted("mandate", "ES", date(2013, 12, 31), MANDATE_ES),
    _adopted("mandate", "FR", date(2014, 1, 29), MANDATE_FR),
    _adopted("subsidiarity", EVERYWHERE, ALWAYS, SUBSIDIARITY),
    _adopted("finance", EVERYWHERE, ALWAYS, FINANCE),
    _adopted("emergency", EVERYWHERE, ALWAYS, EMERGENCY),
    _adopted("participation", EVERYWHERE, ALWAYS, PARTICIPATION),
    _adopted("scrutiny", "EU", date(2009, 12, 1), scrutiny.PROTOCOL_2),
    _adopted("scrutiny", "BE", ALWAYS, scrutiny.CONFLICT_OF_INTEREST),
    _adopted("scrutiny", "DE-NW", date(2004, 7, 1), scrutiny.KONNEXITAET),
    _adopted("scrutiny", "FR", date(2014, 7, 1), scrutiny.IMPACT_OF_NORMS),
    _adopted("scrutiny", "IT", date(1997, 8, 30), scrutiny.PARERE),
    _adopted("it_conferenza", "IT", date(1997, 8, 30), IT_CONFERENZA),
    _adopted("es_convenio", "ES", date(2016, 10, 2), ES_CONVENIO),
    _adopted("za_igrfa", "ZA", date(2005, 8, 15), ZA_IGRFA),
    _adopted("ke_igra", "KE", date(2013, 3, 4), KE_IGRA),
    _adopted("ph_lgc", "PH", date(1992, 1, 1), PH_LGC),
)
"""First versions, in the order in which they are recorded."""

AMENDED: tuple[PolicyAmended, ...] = (
    PolicyAmended("scrutiny", "EU", date(2013, 7, 1), values("scrutiny", scrutiny.PROTOCOL_2_WITH_28)),
    PolicyAmended("scrutiny", "EU", date(2019, 12, 1), values("scrutiny", scrutiny.PROTOCOL_2_SINCE_2019)),
    PolicyAmended("scrutiny", "EU", date(2020, 2, 1), values("scrutiny", scrutiny.PROTOCOL_2_WITH_27)),
)
"""Later versions, in order, recorded after all of `SHIPPED`: members come and go, and since 2019 the turn of the year
does not count either."""
