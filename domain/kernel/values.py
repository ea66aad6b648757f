"""Texts, money and documents: values that every context writes."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, ClassVar, TypeAlias

from domain.kernel.notes import Says, Text, Whole
from domain.kernel.refusals import Refused

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | bool"


class Sealed(str):
    """The salted hash (64 hex digits) that stands in a record for a value that is not public."""

    __slots__ = ()


class Words(Mapping[str, str]):
    """A text in one or more languages: BCP 47 tag -> text. Immutable."""

    __slots__ = ("_by_language",)
    TAG = r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}"

    def __init__(self, by_language: Mapping[str, str]) -> None:
        if not by_language:
            raise ValueError("A text needs at least one language.")
        for tag, text in by_language.items():
            if not _is_tag(tag):
                raise ValueError(f"{tag!r} is no language tag.")
            if not text.strip():
                raise ValueError("A text is not blank.")
        self._by_language = dict(sorted(by_language.items()))

    def __getitem__(self, tag: str) -> str:
        return self._by_language[tag]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_language)

    def __len__(self) -> int:
        return len(self._by_language)

    def __hash__(self) -> int:
        return hash(tuple(self._by_language.items()))

    def __repr__(self) -> str:
        return f"Words({self._by_language!r})"

    def plain(self) -> dict[str, str]:
        """As records hold it; the languages stand in order."""
        return self._by_language.copy()

    def best(self, *wanted: str) -> str:
        """The text in the first language that is there; else English, else the first."""
        for tag in (*wanted, "en"):
            if tag in self._by_language:
                return self._by_language[tag]
        return next(iter(self._by_language.values()))


_TAG = re.compile(Words.TAG)
_is_tag = lru_cache(maxsize=1_000)(_TAG.fullmatch)


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency (ISO 4217) and price basis (`current`, or the year of constant prices)."""

    amount: Decimal
    currency: str
    price_basis: str = "current"

    AMOUNT: ClassVar = r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,6})?"
    CURRENCY: ClassVar = r"[A-Z]{3}"
    PRICE_BASIS: ClassVar = r"current|[0-9]{4}"

    def __post_init__(self) -> None:
        if not _AMOUNT.fullmatch(format(self.amount, "f")):
            raise ValueError("An amount is a decimal number of at most 18 digits and 6 decimals.")
        _check_kind(self.currency, self.price_basis)

    def __add__(self, other: "Money") -> "Money":
        if self.currency != other.currency:
            raise Refused("currency-mismatch", f"{self.currency} and {other.currency} cannot be added.")
        if self.price_basis != other.price_basis:
            raise Refused("price-basis-mismatch", "Amounts of different price bases cannot be added.")
        return Money(self.amount + other.amount, self.currency, self.price_basis)


_AMOUNT, _CURRENCY, _PRICE_BASIS = map(re.compile, (Money.AMOUNT, Money.CURRENCY, Money.PRICE_BASIS))


@lru_cache(maxsize=1000)
def _check_kind(currency: str, price_basis: str) -> None:
    """There are few of them, and many amounts."""
    if not _CURRENCY.fullmatch(currency):
        raise ValueError("A currency is three capital letters (ISO 4217).")
    if not _PRICE_BASIS.fullmatch(price_basis):
        raise ValueError("A price basis is `current` or a year.")


@dataclass(frozen=True, slots=True)
class Attached:
    """A document that a record rests on, told by its hash; the document itself lies with whoever keeps it."""

    sha256: Annotated[str, Text(at_most=64, at_least=64, form=r"[0-9a-f]{64}"), Says("SHA-256 of its bytes, in hex.")]
    len: Annotated[int, Whole(1), Says("How many bytes it has.")]
    mime: Annotated[str, Text(at_most=100, form=r"[a-z0-9.+\-]+/[a-z0-9.+\-]+"), Says("Its type.", "application/pdf")]
    name: Annotated[str, Text(at_most=200), Says("What it is called, or where it is published.")]


@dataclass(frozen=True, slots=True)
class OpenedText:
    """What a sealed hash stands for: the text, and its salt in hexadecimal digits."""

    value: str
    salt: str
