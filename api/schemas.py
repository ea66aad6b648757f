"""The explaining way in: fields and schemas of marshmallow, which name everything that is wrong with a body."""

from collections.abc import Mapping
from typing import Any

import marshmallow

from api import values
from api.faults import Fault, Wrong
from api.values import Leaf
from domain.kernel import Many, Words

MISSED = Fault("required", "It is missing.")
NOT_NULL = Fault("null", "It cannot be null; leave it out instead.")
UNKNOWN = Fault("unknown-field", "There is no such field.")
NOT_OBJECT = Fault("type", "An object is asked for.")
NOT_LIST = Fault("type", "A list is asked for.")
_SAID = {"required": [MISSED], "null": [NOT_NULL], "validator_failed": [Fault("invalid", "It is not valid.")]}


class LeafField(marshmallow.fields.Field[Any]):
    """A plain value in a marshmallow schema."""

    default_error_messages = _SAID  # type: ignore[assignment]

    def __init__(self, leaf: Leaf, **options: Any) -> None:
        super().__init__(**options)
        self.leaf = leaf

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        try:
            return self.leaf.read(value)
        except Wrong as wrong:
            raise marshmallow.ValidationError([wrong.fault]) from None


class WordsField(marshmallow.fields.Field[Words]):
    """A text in one or more languages."""

    default_error_messages = _SAID  # type: ignore[assignment]

    def __init__(self, leaf: Leaf, **options: Any) -> None:
        super().__init__(**options)
        self.leaf = leaf

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Words:
        if not isinstance(value, Mapping):
            raise marshmallow.ValidationError([Fault("type", "An object is asked for: language tag to text.")])
        if not 1 <= len(value) <= values.LANGUAGES:
            raise marshmallow.ValidationError([Fault("length", "A text needs at least one language, and at most 40.")])
        wrong: dict[str, list[Fault]] = {}
        for tag, said in value.items():
            try:
                TAG.check(tag)
                self.leaf.check(said)
            except Wrong as found:
                wrong[tag] = [found.fault]
        if wrong:
            raise marshmallow.ValidationError(wrong)
        return Words(value)


TAG = values.text(40, 2, Words.TAG, says="A text is named by its language tag (BCP 47), such as fr or pt-BR.")


class ListField(marshmallow.fields.List[Any]):
    """A list with its bounds; a tuple when loaded."""

    default_error_messages = _SAID | {"invalid": [NOT_LIST]}  # type: ignore[assignment]

    def __init__(self, inner: Any, many: Many, **options: Any) -> None:
        super().__init__(inner, **options)
        self.many = many

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        if not isinstance(value, list):
            raise marshmallow.ValidationError([NOT_LIST])
        if not self.many.at_least <= len(value) <= self.many.at_most:
            said = f"{self.many.at_least} to {self.many.at_most} items are asked for, and these are {len(value)}."
            raise marshmallow.ValidationError([Fault("length", said)])
        return tuple(super()._deserialize(value, attr, data, **options))


class ObjectField(marshmallow.fields.Nested):
    """A value object within a request."""

    default_error_messages = _SAID | {"type": [NOT_OBJECT]}  # type: ignore[assignment]


class ObjectSchema(marshmallow.Schema):
    """The schema of one dataclass or of one request; `kind` None: the fields stay a dict."""

    kind: type | None = None
    error_messages = {"unknown": UNKNOWN, "type": NOT_OBJECT}  # noqa: RUF012  (marshmallow's own way)

    class Meta:
        unknown = marshmallow.RAISE
        register = False

    @marshmallow.post_load
    def made(self, data: dict[str, Any], **options: Any) -> Any:
        try:
            return data if self.kind is None else self.kind(**data)
        except ValueError as error:
            raise marshmallow.ValidationError([Fault("invalid", str(error))]) from None
