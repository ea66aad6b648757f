"""Codes of published lists, as requests may say them; histories keep what they were told when the lists change."""

from collections.abc import Callable, Mapping
from functools import cache
from zoneinfo import available_timezones

import pycountry

# fmt: off
WITHDRAWN = (
    "ATS", "BEF", "BGN", "CYP", "DEM", "EEK", "ESP", "FIM", "FRF", "GRD", "HRK",
    "IEP", "ITL", "LTL", "LUF", "LVL", "MTL", "NLG", "PTE", "SIT", "SKK", "XEU",
)
# fmt: on
"""Currencies that the euro replaced: what was promised in them may still be recorded."""
CURRENCIES = sorted({one.alpha_3 for one in pycountry.currencies} - {"XXX", "XTS"} | {*WITHDRAWN})
"""Codes of ISO 4217, but for those that stand for no currency and for tests."""
BESIDE = frozenset({"EU", "UN"})
"""Reserved in ISO 3166-1 for what is no country and has law of its own."""


def time_zone(name: str) -> str:
    """ValueError where nobody would know which day it is there."""
    if name not in _zones():
        raise ValueError(f"There is no time zone {name}. It is one of IANA's, such as Europe/Berlin.")
    return name


def place(code: str) -> str:
    """ISO 3166, or `*` for everywhere. Parts of a country come and go: only the country is looked up.

    Codes that begin with X are left to their users by ISO, as XK is for Kosovo. ValueError for any other.
    """
    country = code.partition("-")[0]
    if country not in _countries() and country != "*" and country[:1] != "X":
        raise ValueError(f"ISO 3166 knows no country {country}. It is written like DE, or DE-BY.")
    return code


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _countries() -> frozenset[str]:
    return frozenset(one.alpha_2 for one in pycountry.countries) | BESIDE


KNOWN: Mapping[str, Callable[[str], str]] = {"time zone": time_zone, "place": place}
"""By the word of the note `Known`."""
