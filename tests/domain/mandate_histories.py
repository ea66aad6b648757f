"""Histories of mandates that nobody thought of, as far as the rules allow them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from domain.kernel import EventName, PartialDate, UnitId
from domain.mandates import MANDATES
from domain.mandates import commands as asked
from domain.mandates.state import Mandate
from domain.mandates.words import Ground, MandateWording, Pause, ReturnGround, Settlement
from tests.domain.mandate_stories import (
    CHILD,
    CITY,
    DAY,
    END,
    HELD,
    OTHER,
    PARENT,
    REGION,
    START,
    STREAM,
    VILLAGE,
    accept,
    activate,
    ask,
    consult,
    draft,
    elsewhere,
    estimate,
    euros,
    fund,
    lands,
    law,
    mandate_facts,
    member,
    offer,
    policy,
    sub_delegate,
    terms,
    unit,
    words,
)
from tests.domain.moves import Move, Tries

KINDS = {name: by.command for name, by in MANDATES.commands.items()}
LIKELY = (
    "offer", "accept", "activate", "record-consultation", "pass-deadline", "pass-deadline", "report-exercise",
    "suspend", "restore", "give-notice", "record-hearing", "revoke", "renew", "accept-renewal", "follow-parent",
    "succeed", "decline", "follow-territory",
)  # fmt: skip
HEIRS = ((None, ()), (VILLAGE, (unit(VILLAGE),)), (REGION, (unit(REGION),)))
"""Who succeeds the city, and the line to them."""


@st.composite
def histories(draw: st.DrawFn, most: int = 25) -> list[Move]:
    """What happens when commands of any kind are tried in any order, over years, and the refused ones forgotten."""
    tries, day = Tries(MANDATES), DAY
    first = draw(st.sampled_from((draft(reporting_months=12), sub_delegate(), law, draft(exclusive=True))))
    name = "sub-delegate" if isinstance(first, asked.SubDelegate) else "draft"
    tries.give(name, first, _giver(first), day)
    if draw(st.booleans()):
        day = START
        script = [("attach-estimate", estimate), ("commit-funding", fund), ("record-consultation", consult)]
        above = (mandate_facts(),) if name == "sub-delegate" else ()
        told = [("offer", offer), ("accept", accept), ("activate", activate)]
        script += [(one, replace(command, parents=above) if one != "accept" else command) for one, command in told]
        for told_name, command in script:
            tries.give(told_name, command, _giver(command), day)
    for _ in range(draw(st.integers(0, most))):
        day += timedelta(days=draw(st.sampled_from((0, 1, 20, 100, 400, 800))))
        name = draw(st.sampled_from((*KINDS, *LIKELY, *LIKELY)))
        command = ask(KINDS[name], day, **_said(draw, name, tries.state, day))
        tries.give(name, command, _giver(command), day)
    return tries.moves


def _giver(command: Any) -> UnitId:
    """The unit that acts; where a command names none, the one that entrusted the mandate."""
    return UnitId(getattr(command, "acting", unit(REGION)).id)


def _said(draw: st.DrawFn, name: str, state: Any, day: date) -> dict[str, Any]:
    """What somebody might say in a command of that name, and what the service might find."""
    number = draw(st.integers(1, 8))
    later = day + timedelta(days=draw(st.integers(0, 900)))
    earlier = day - timedelta(days=draw(st.integers(0, 400)))
    top = mandate_facts(
        in_force=draw(st.booleans()), ended=draw(st.integers(0, 9)) == 0, ends_on=draw(st.sampled_from((None, END)))
    )
    under = state.under if isinstance(state, Mandate) else None
    gone = draw(st.sampled_from((None, earlier)))
    money = euros(draw(st.integers(0, 3000)))
    found: dict[str, Any] = {
        "acting": unit(draw(st.sampled_from((REGION, CITY, VILLAGE)))),
        "effective_on": PartialDate(
            draw(st.sampled_from((str(day), str(earlier), "unknown", str(day.year), str(later))))
        ),
        "giver": state.giver if isinstance(state, Mandate) else REGION,
        "recipient": state.recipient if isinstance(state, Mandate) else CITY,
        "parents": (top,) if under else (),
        "holdings": draw(st.sampled_from((HELD[:1], (), (replace(HELD[0], held_until=later),)))),
        "policy": policy(connexity__mode=draw(st.sampled_from(("flag", "flag", "refuse")))),
    }
    settlement = draw(st.sampled_from((None, Settlement(euros(0), "Account 12"))))
    # Drawn for the one command that is given: what is drawn for nobody costs most of the time.
    said: dict[str, Callable[[], dict[str, Any]]] = {
        "draft": lambda: terms(starts_on=later, ends_on=None),
        "sub-delegate": lambda: {**terms(), "under": PARENT},
        "record-consultation": lambda: {
            "consulted": (CITY,), "opened_on": earlier, "closed_on": day, "outcome": words("They agreed"),
        },
        "attach-estimate": lambda: {"yearly": money, "revenue": euros(100_000), "method": words("A guess")},
        "commit-funding": lambda: {"budget_line": str(number % 2), "budget_year": 2027, "yearly": money},
        "correct": lambda: {
            "corrects": EventName.at(STREAM, 1),
            "changes": MandateWording(words(f"Run clinic {number}"), draw(st.sampled_from((None, "Health Act, s. 9")))),
        },
        "accept-with-reservations": lambda: {"reservations": words("Only with the staff")},
        "report-exercise": lambda: {
            "period_from": START, "period_to": earlier, "account": words("The clinic was open"),
        },
        "suspend": lambda: {
            "ground": draw(st.sampled_from(Pause)),
            "legal_basis": draw(st.sampled_from((None, "Judgment 7/26"))),
            "until": draw(st.sampled_from((None, later, day + timedelta(days=10)))),
        },
        "prolong-suspension": lambda: {
            "until": day + timedelta(days=number), "resolution": "Resolution 7", "in_favour": number, "members": 8,
        },
        "give-notice": lambda: {
            "ground": draw(st.sampled_from(Ground)), "legal_basis": draw(st.sampled_from((None, "s. 3"))),
        },
        "record-hearing": lambda: {"held_on": earlier, "account": words("They were heard")},
        "revoke": lambda: {"settlement": settlement},
        "return": lambda: {"ground": draw(st.sampled_from(ReturnGround)), "settlement": settlement},
        "renew": lambda: {"ends_on": END + timedelta(days=draw(st.integers(0, 900)))},
        "supersede": lambda: {"by": OTHER, "settlement": settlement, "replacement": mandate_facts(
            id=OTHER, giver=REGION, recipient=CITY, stage="accepted", function="07.3", territory=CITY,
        )},
        "pass-deadline": lambda: {"deadline": number},
        "follow-territory": lambda: {
            "lands": draw(st.sampled_from((lands(CITY), member(), member(first=later), lands(CITY)[:1]))),
            "beside_facts": draw(st.sampled_from(((), (elsewhere(),), (elsewhere(under=under),)))),
        },
        "record-sub-delegation": lambda: {"child": CHILD, "child_facts": mandate_facts(id=CHILD, under=STREAM)},
        "succeed": lambda: {
            "former": CITY, "former_unit": unit(CITY, alive_until=gone),
            **draw(st.sampled_from([{"successor": one, "line": line} for one, line in HEIRS])),
        },
    }  # fmt: skip
    return {**found, **(said[name]() if name in said else {})}
