"""The ledger's own checkpoints: signed with its key, and recognised again."""

from dataclasses import dataclass, field

from domain.ledger import checkpoints, notes
from domain.ledger.checkpoints import BadCheckpoint, Checkpoint
from domain.ledger.notes import BadNote, Note, Signature, Verifier, VerifierKey
from services.keys import SigningKey, check_with


class Unsigned(Exception):
    """A text is no checkpoint of this ledger under this key; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Notary:
    """Signs and checks the checkpoints of one ledger."""

    origin: str
    key: SigningKey
    _named: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_named", VerifierKey(self.origin, self.key.public))

    @property
    def verifier(self) -> str:
        """The verifier key, as auditors hold it: name, key id and public key."""
        return str(self._named)

    def sign(self, size: int, root: bytes) -> str:
        """The checkpoint of the tree of `size` records."""
        text = str(Checkpoint(self.origin, size, root))
        signature = Signature(self.origin, self._named.key_id, self.key.sign(text.encode()))
        return str(Note(text, (signature,)))

    def check(self, note: str) -> tuple[int, bytes]:
        """(size, root) of a checkpoint that this key signed for this ledger. Raises Unsigned."""
        try:
            found = notes.parse(note)
            origin = found.text.partition("\n")[0]
            if origin != self.origin:
                raise Unsigned(f"The checkpoint is of {origin!r}, not of {self.origin!r}.")
            notes.verified(found, [Verifier(self.origin, self._named.key_id, check_with(self.key.public))])
            said = checkpoints.parse(found.text)
        except (BadNote, BadCheckpoint) as error:
            raise Unsigned(f"The checkpoint is not signed by the key of this ledger. {error}") from error
        return said.size, said.root
