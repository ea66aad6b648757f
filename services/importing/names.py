"""When two names are one: accents, case and punctuation apart, and the words that say what a unit is."""

import re
import unicodedata

_KINDS = (
    "autonomous canton capital chartered city comarca commune communaute communidad community comunidad comunitat "
    "comune county departamento departement department district distrito estado etat federal foral freistaat "
    "generalitat government governorate kreis land metropolis metropolitan municipality municipio oblast prefecture "
    "principado province provincia provincie region regiao regione republic respublika sheng shi special stadt state "
    "territory voivodeship voivodship wojewodztwo zizhiqu"
)
KINDS = frozenset(_KINDS.split())
"""Words that say what a unit is, in the languages of the sources; they are left out when names are compared loosely."""

_SMALL = "a al and da das de del dei der des di do dos du e et i la las le les los of the und y"
SMALL = frozenset(_SMALL.split())


def exact(name: str) -> str:
    """The name without accents, case and punctuation: `Castile and León` and `castile and leon` are one."""
    decomposed = unicodedata.normalize("NFKD", _turned(name)).casefold()
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    letters = letters.replace("ı", "i").replace("ø", "o").replace("ł", "l").replace("đ", "d").replace("æ", "ae")
    return " ".join(re.findall(r"\w+", letters))


def loose(name: str) -> str:
    """As `exact`, without what says what the unit is: `Region of Murcia` and `Murcia, Región de` are one.

    Empty where nothing else is left of the name.
    """
    return " ".join(word for word in exact(name).split() if word not in KINDS and word not in SMALL)


def _turned(name: str) -> str:
    """`Murcia, Región de` reads `Región de Murcia`; a bracket that only explains falls away."""
    bare = re.sub(r"\s*[\(\[][^)\]]*[\)\]]", " ", name).strip() or name
    front, comma, back = bare.partition(",")
    return f"{back.strip()} {front.strip()}" if comma and back.strip() else bare
