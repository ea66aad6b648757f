"""The codes of the Sustainable Development Goals: 17 goals and their 169 targets."""

from collections.abc import Iterable

from domain.kernel import Refused

FORM = r"(?:[1-9]|1[0-7])(?:\.(?:[1-9]|1[0-9]|[a-d]))?"
"""A goal (`13`) or a target of one (`13.2`, `13.a`)."""

NAMES = {
    "1": "No poverty",
    "2": "Zero hunger",
    "3": "Good health and well-being",
    "4": "Quality education",
    "5": "Gender equality",
    "6": "Clean water and sanitation",
    "7": "Affordable and clean energy",
    "8": "Decent work and economic growth",
    "9": "Industry, innovation and infrastructure",
    "10": "Reduced inequalities",
    "11": "Sustainable cities and communities",
    "12": "Responsible consumption and production",
    "13": "Climate action",
    "14": "Life below water",
    "15": "Life on land",
    "16": "Peace, justice and strong institutions",
    "17": "Partnerships for the goals",
}
"""The goals' short names, as the United Nations write them."""

_LAST_NUMBER = (5, 5, 9, 7, 6, 6, 3, 10, 5, 7, 7, 8, 3, 7, 9, 10, 19)
_LETTERS = (
    "ab",
    "abc",
    "abcd",
    "abc",
    "abc",
    "ab",
    "ab",
    "ab",
    "abc",
    "abc",
    "abc",
    "abc",
    "ab",
    "abc",
    "abc",
    "ab",
    "",
)

GOALS: tuple[str, ...] = tuple(NAMES)
"""`1` to `17`, in order."""

TARGETS: tuple[str, ...] = tuple(
    f"{goal}.{mark}"
    for goal, last, letters in zip(GOALS, _LAST_NUMBER, _LETTERS, strict=True)
    for mark in (*range(1, last + 1), *letters)
)
"""`1.1` to `17.19` in the order of resolution A/RES/71/313, numbered targets before the lettered ones of means."""

CODES = frozenset((*GOALS, *TARGETS))


def goal_of(code: str) -> str:
    """`13.2` belongs to goal `13`."""
    return code.split(".")[0]


def check(codes: Iterable[str]) -> None:
    """Refused `sdg-unknown`, naming them, if some codes are neither goal nor target."""
    unknown = sorted({code for code in codes if code not in CODES})
    if unknown:
        raise Refused(
            "sdg-unknown",
            f"{', '.join(unknown)}: no goal or target has such a code.",
            codes=tuple(unknown),
            fields=("sdg",),
        )
