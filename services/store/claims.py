"""Who holds which words, in memory: the same rule as `ledger.holders` and `ledger.append` keep in the database."""

from collections.abc import Collection, Iterator
from uuid import UUID

from services.store.ports import Change

NOTHING: frozenset[tuple[str, UUID]] = frozenset()


class Claims:
    """A word is held by one stream alone, or shared by several; a stream that took it both ways holds it alone."""

    def __init__(self) -> None:
        self._alone: dict[str, UUID] = {}
        self._shared: dict[str, dict[UUID, None]] = {}

    def holder(
        self, word: str, stream: UUID, *, shared: bool, freed: Collection[tuple[str, UUID]] = NOTHING
    ) -> UUID | None:
        """Who keeps a stream from taking a word, once these are freed; None if nobody does."""
        alone = self._alone.get(word, stream)
        if alone != stream and (word, alone) not in freed:
            return alone
        others = () if shared else self._shared.get(word, ())
        return next((other for other in others if other != stream and (word, other) not in freed), None)

    def take(self, word: str, stream: UUID, *, shared: bool) -> None:
        """Nobody stands in the way, see `holder`."""
        if not shared:
            self._shared.pop(word, None)
            self._alone[word] = stream
        elif word not in self._alone:
            self._shared.setdefault(word, {})[stream] = None

    def free(self, word: str, stream: UUID) -> None:
        """The stream's own hold on it, if it has one."""
        if self._alone.get(word) == stream:
            del self._alone[word]
        sharing = self._shared.get(word, {})
        if stream in sharing:
            del sharing[stream]
            if not sharing:
                del self._shared[word]

    def against(self, change: Change) -> list[tuple[str, UUID]]:
        """The words that a change would take and others hold, each with one who does."""
        freed = frozenset(change.frees)
        asked = [(word, self.holder(word, stream, shared=False, freed=freed)) for word, stream in change.takes]
        asked += [(word, self.holder(word, stream, shared=True, freed=freed)) for word, stream in change.shares]
        return [(word, holder) for word, holder in asked if holder is not None]

    def apply(self, change: Change) -> None:
        """What a change frees, then what it takes."""
        for word, stream in change.frees:
            self.free(word, stream)
        for word, stream in change.takes:
            self.take(word, stream, shared=False)
        for word, stream in change.shares:
            self.take(word, stream, shared=True)


def given_twice(change: Change) -> Iterator[tuple[str, UUID]]:
    """The words that a change gives to one stream alone and then to another, each with the first."""
    alone: dict[str, UUID] = {}
    for word, stream in change.takes:
        if alone.setdefault(word, stream) != stream:
            yield word, alone[word]
    for word, stream in change.shares:
        if alone.get(word, stream) != stream:
            yield word, alone[word]
