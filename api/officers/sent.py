"""What a page's form sends: its fields and, of a file, its hash. The file itself is read once, and kept nowhere."""

import asyncio
import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Sequence
from typing import cast
from urllib.parse import parse_qsl

from aiohttp import BodyPartReader, MultipartReader, StreamReader, web

from api.binding import AT_MOST, FILE_WITHIN, NotAForm, in_time
from api.faults import Fault, Invalid, Located

FORM, WITH_FILES = "application/x-www-form-urlencoded", "multipart/form-data"
FIELDS = 5_000
"""Fields of one form: with a hundred rows in each of its lists it has fewer."""
FILE = "_file"
"""The last step of the name under which a form sends a file; the steps before name the document."""
HASHED = 256 << 20
"""Bytes of a file that is hashed here. Of a larger one people make the hash themselves."""
READ, READ_WITHIN = 1 << 30, 3600.0
"""Bytes that are read of one form's files at all, and seconds within which they come."""
PACKED, CALLED = "packed", "called"
"""The last steps of a file that a page carries itself from one press to the next, and of what it is called."""
UNKNOWN = "application/octet-stream"
_MIME = re.compile(r"[a-z0-9.+\-]+/[a-z0-9.+\-]+")
Said = list[tuple[str, str]]


async def fields_of(request: web.Request, *, files: bool, whole: int = 0) -> Sequence[tuple[str, str]]:
    """The fields of a form in their order; behind them what its files are. `files`: whether it may send any.

    `whole`: bytes of a file that is given whole, as a page may carry it (`packed`); 0: files are hashed.

    Raises Invalid, NotAForm, TooSlow, HTTPRequestEntityTooLarge.
    """
    try:
        if request.content_type == FORM:
            async with in_time():
                body = (await request.read()).decode()
            return parse_qsl(body, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
        if request.content_type == WITH_FILES:
            async with in_time((FILE_WITHIN if whole else READ_WITHIN) if files else None):
                return await _parts(request, READ if files else AT_MOST, whole if files else min(whole, AT_MOST))
    except (web.RequestPayloadError, ConnectionResetError):
        said = "It is not packed as Content-Encoding says, or it ends too early."
    except UnicodeDecodeError:
        said = "It is not UTF-8."
    except ValueError:
        said = f"It is not well-formed, or has more than {FIELDS} fields."
    else:
        raise NotAForm
    raise Invalid([Located("body", "", Fault("unreadable-body", f"The form cannot be read. {said}"))], malformed=True)


async def _parts(request: web.Request, at_most: int, whole: int) -> Said:
    said, documents, left, rest, many = Said(), Said(), max(AT_MOST, 2 * whole), at_most, 0
    # What stands before, between and behind parts is read as well, and nobody else counts it.
    counted = cast(StreamReader, _Counted(request.content, max(left, at_most) + AT_MOST))
    async for part in MultipartReader(request.headers, counted, client_max_size=left):
        # Each is counted, whatever is in it: empty files would be no bytes and no fields, and never end. To read the
        # head of one takes half a millisecond: others are answered in between.
        many += 1
        await asyncio.sleep(0)
        if not isinstance(part, BodyPartReader) or not part.name or many > FIELDS:
            raise ValueError(part)
        above, _, last = part.name.rpartition(".")
        if last == FILE:
            read, found = await (_whole(part, above, whole) if whole else _document(part, above, rest))
            rest -= read
            documents += found
        else:
            text = await _text(part, left)
            left -= len(text)
            said.append((part.name, text.decode().replace("\r\n", "\n")))
    named = {name for name, text in said if text.strip()}
    return [*said, *(one for one in documents if not (one[0].endswith(".name") and one[0] in named))]


class _Counted:
    """A body as parts are read from it, of at most so many bytes. Raises HTTPRequestEntityTooLarge."""

    def __init__(self, content: StreamReader, at_most: int) -> None:
        self._content, self._at_most, self._read = content, at_most, 0

    async def read(self, n: int = -1) -> bytes:
        return self._count(await self._content.read(n))

    async def readline(self, *, max_line_length: int | None = None) -> bytes:
        return self._count(await self._content.readline(max_line_length=max_line_length))

    def at_eof(self) -> bool:
        return self._content.at_eof()

    def unread_data(self, data: bytes) -> None:
        self._read -= len(data)
        self._content.unread_data(data)

    def _count(self, chunk: bytes) -> bytes:
        self._read += len(chunk)
        if self._read > self._at_most:
            raise web.HTTPRequestEntityTooLarge(self._at_most, self._read)
        return chunk


async def _text(part: BodyPartReader, at_most: int) -> bytes:
    read = bytearray()
    while chunk := await part.read_chunk():
        read += chunk
        if len(read) > at_most:
            raise web.HTTPRequestEntityTooLarge(at_most, len(read))
    return bytes(read)


async def _document(part: BodyPartReader, above: str, at_most: int) -> tuple[int, Said]:
    """How many bytes a file has, and what a document's fields say of it; nothing where none was chosen."""
    digest, size = hashlib.sha256(), 0
    while chunk := await part.read_chunk(1 << 16):
        size += len(chunk)
        if size > at_most:
            raise web.HTTPRequestEntityTooLarge(at_most, size)
        if size <= HASHED:
            digest.update(chunk)
    if not part.filename:
        return size, []
    mime = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    told = digest.hexdigest() if size <= HASHED else f"The file has more than {HASHED >> 20} MiB."
    return size, [(f"{above}.sha256", told), (f"{above}.len", str(size)), (f"{above}.name", part.filename[:200]),
                  (f"{above}.mime", mime if _MIME.fullmatch(mime) else UNKNOWN)]  # fmt: skip


async def _whole(part: BodyPartReader, above: str, at_most: int) -> tuple[int, Said]:
    """How many bytes a file has, and the file itself; nothing where none was chosen."""
    content = await _text(part, at_most)
    if not part.filename:
        return len(content), []
    return len(content), [(f"{above}.{PACKED}", packed(content)), (f"{above}.{CALLED}", part.filename[:200])]


def packed(content: bytes) -> str:
    """A file as a page carries it."""
    return base64.b64encode(zlib.compress(content)).decode()


def unpacked(text: str, at_most: int) -> bytes:
    """The file that a page carried; none where it is spoilt, or larger than any that we put there."""
    try:
        unpacking = zlib.decompressobj()
        content = unpacking.decompress(base64.b64decode(text, validate=True), at_most)
    except (binascii.Error, zlib.error):
        return b""
    return content if unpacking.eof else b""
