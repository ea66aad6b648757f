"""Functions of government: the divisions and groups of COFOG 1999 (United Nations Statistics Division)."""

GROUPS_OF = {"01": 8, "02": 5, "03": 6, "04": 9, "05": 6, "06": 6, "07": 6, "08": 6, "09": 8, "10": 9}
"""Division -> how many groups it has; they are numbered from 1."""

DIVISIONS: frozenset[str] = frozenset(GROUPS_OF)
GROUPS: frozenset[str] = frozenset(
    f"{division}.{number}" for division, groups in GROUPS_OF.items() for number in range(1, groups + 1)
)
FORM = r"(?:0[1-9]|10)(?:\.[1-9])?"


def is_function(code: str) -> bool:
    """Whether a division (`07`) or a group (`07.3`) has that code."""
    return code in DIVISIONS or code in GROUPS


def covers(wider: str, code: str) -> bool:
    """Whether a function is the other one or contains it: `07` covers `07.3`."""
    return code == wider or code.startswith(f"{wider}.")
