"""How drafts are scrutinised: in the Union, in two federations, in a quasi-federal and in a unitary state.

The same parameters everywhere, so that a state is a configuration. A threshold is never below one vote: a fraction of
0 says that any one body suffices. Bodies of a kind that has 0 votes contribute without a vote.
"""

from collections.abc import Mapping

from domain.policies.citing import UNREAD, Said

PROTOCOL = "Protocol (No 2) annexed to the TEU and the TFEU, art. "
COUNCIL_NOTE = "Council note 10722/19"
BELGIUM = UNREAD + "Constitution of Belgium, art. 143; loi ordinaire du 9 août 1980, art. 32"
NORTH_RHINE = UNREAD + "Konnexitätsausführungsgesetz Nordrhein-Westfalen (KonnexAG)"
CNEN = UNREAD + "Code général des collectivités territoriales, art. L1212-2"
CONFERENZA = UNREAD + "d.lgs. 28 agosto 1997, n. 281, art. 2"

PROTOCOL_2: Mapping[str, Said] = {
    "scrutiny_weeks": ("8", PROTOCOL + "6"),
    "scrutiny_days": ("0", PROTOCOL + "6"),
    "suspend": ("08-01..08-31", COUNCIL_NOTE),
    "standstill_days": ("none", PROTOCOL + "7"),
    "authors": ("commission, member_states, parliament, court, central_bank, investment_bank", PROTOCOL + "3"),
    "exclusive_competence": ("refuse", UNREAD + "TEU, art. 5(3)"),
    "justification": ("required", UNREAD + PROTOCOL + "5"),
    "votes.unicameral": ("2", PROTOCOL + "7(1)"),
    "votes.chamber": ("1", PROTOCOL + "7(1)"),
    "votes.regional": ("0", PROTOCOL + "7(1)"),
    "votes.local": ("0", PROTOCOL + "7(1)"),
    "votes.association": ("0", PROTOCOL + "7(1)"),
    "votes.total": ("54", PROTOCOL + "7(1), with 27 Member States"),
    "opinion.majority": ("none", UNREAD + PROTOCOL + "6"),
    "yellow.default": ("1/3", PROTOCOL + "7(2)"),
    "yellow.afsj_art76": ("1/4", PROTOCOL + "7(2)"),
    "yellow.test": ("at_least", PROTOCOL + "7(2)"),
    "orange.fraction": ("1/2", PROTOCOL + "7(3)"),
    "orange.test": ("more_than", PROTOCOL + "7(3)"),
    "orange.procedures": ("ordinary", PROTOCOL + "7(3)"),
    "orange.own_opinion": ("yes", PROTOCOL + "7(3)"),
    "override.council": ("0.55", PROTOCOL + "7(3)(b)"),
    "override.parliament": ("majority_cast", PROTOCOL + "7(3)(b)"),
    "court.claimants": ("state, chamber_by_state, advisory_body", PROTOCOL + "8"),
}
PROTOCOL_2_WITH_28: Mapping[str, Said] = {
    **PROTOCOL_2,
    "votes.total": ("56", UNREAD + "Treaty concerning the accession of Croatia (OJ L 112, 24.4.2012)"),
}
PROTOCOL_2_SINCE_2019: Mapping[str, Said] = {
    **PROTOCOL_2_WITH_28,
    "suspend": ("08-01..08-31, 12-20..01-10", COUNCIL_NOTE),
}
PROTOCOL_2_WITH_27: Mapping[str, Said] = {
    **PROTOCOL_2_SINCE_2019,
    "votes.total": ("54", UNREAD + "Agreement on the withdrawal of the United Kingdom (OJ L 29, 31.1.2020)"),
}

_NO_CARD_BEYOND_YELLOW: Mapping[str, Said] = {
    "yellow.afsj_art76": ("none", ""),
    "orange.fraction": ("none", ""),
    "orange.test": ("more_than", ""),
    "orange.procedures": ("none", ""),
    "orange.own_opinion": ("no", ""),
    "override.council": ("none", ""),
    "override.parliament": ("none", ""),
    "court.claimants": ("none", ""),
}


def _elsewhere(source: str, votes: Mapping[str, str], **said: Said) -> Mapping[str, Said]:
    """A policy with one card, by which an author has to look at a draft again; `votes`: of bodies that have any."""
    seats = ("unicameral", "chamber", "regional", "local", "association")
    return {
        **_NO_CARD_BEYOND_YELLOW,
        **{f"votes.{seat}": (votes.get(seat, "0"), source) for seat in seats},
        "votes.total": ("none", ""),
        "opinion.majority": ("none", ""),
        "yellow.default": ("0", source),
        "yellow.test": ("at_least", source),
        "suspend": ("none", ""),
        "standstill_days": ("none", ""),
        "scrutiny_weeks": ("0", source),
        "scrutiny_days": ("0", source),
        "exclusive_competence": ("review", ""),
        "justification": ("required", source),
        **{name.replace("__", "."): value for name, value in said.items()},
    }


CONFLICT_OF_INTEREST = _elsewhere(
    BELGIUM,
    {"chamber": "1", "regional": "1"},
    authors=("government, legislature", BELGIUM),
    # The motion may come until the final vote, so the law gives no period; that of waiting for it is ours.
    scrutiny_days=("30", ""),
    scrutiny_weeks=("0", ""),
    standstill_days=("60", BELGIUM),
    opinion__majority=("3/4", BELGIUM),
    justification=("optional", BELGIUM),
)
"""Belgium: one parliament whose interests are at stake, by three quarters of its votes, has the procedure suspended."""

KONNEXITAET = _elsewhere(
    NORTH_RHINE,
    {"association": "1"},
    authors=("government, legislature", NORTH_RHINE),
    scrutiny_weeks=("4", NORTH_RHINE),
)
"""North Rhine-Westphalia: the associations of municipalities on the cost of what is laid upon municipalities."""

IMPACT_OF_NORMS = _elsewhere(
    CNEN,
    {"association": "1"},
    authors=("government", CNEN),
    scrutiny_weeks=("6", CNEN),
)
"""France: the Conseil national d'évaluation des normes on what a draft costs local authorities."""

PARERE = _elsewhere(
    CONFERENZA,
    {"regional": "1"},
    authors=("government", CONFERENZA),
    scrutiny_days=("20", CONFERENZA),
    yellow__default=("1/2", CONFERENZA),
    yellow__test=("more_than", CONFERENZA),
)
"""Italy: the regions in the Conferenza Stato-Regioni, by a majority; after that the Government may proceed."""
