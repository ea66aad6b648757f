"""`POST /v1/sheets/<kind>`: a program brings a file, which is only tried unless it says `record`."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from api import values
from api.binding import Gathered, Parameter, read_file, read_query
from api.edge import officers
from api.errors import NotRecorded
from api.formats import MEDIA
from api.identity import signed_in
from api.schemas import TAG
from api.sheets import bringing
from api.sheets.bringing import Bringing
from api.sheets.planning import Tried
from api.sheets.sheets import SHEETS, Sheet
from api.tongues import Tongue, reader_of
from api.whole import Whole, lines
from services.importing.plan import Asked, BadRow, Summary
from services.importing.rows import File
from services.orders import Note
from services.store.ports import Unavailable
from services.store.tokens import Tokens

FORMS = {MEDIA[form]: f"sheet.{form}" for form in ("csv", "xlsx")}
"""What a file is called in what is said of it, by its media type."""
RECORD = Parameter(
    "record", values.yes_no(),
    "`true`: what the file comes to is recorded. Otherwise it is only tried, by the same rules, and the answer says"
    " what would be.",
    example="false",
)  # fmt: skip
VALID_ONLY = Parameter(
    "valid_only",
    values.yes_no(),
    "`true`: good rows are recorded though others are bad; otherwise nothing is then.",
)
SEAL = Parameter(
    "seal", values.text(64, 64, "[0-9a-f]{64}"),
    "The `seal` of a trial: recorded is what it showed, or nothing (409), where file or register are others by now.",
)  # fmt: skip
BECAUSE = Parameter(
    "because", values.text(2000, 1), "Why what the file says otherwise than the register changes; public.",
    example="The council voted it.",
)  # fmt: skip
LANGUAGE = Parameter("lang", TAG, "The language of `because`.", example="en")
WHICH = Parameter("sheet", values.text(200, 1), "The sheet of a workbook, by its name; absent: the first.")
PARAMETERS: Mapping[str, Parameter] = {
    one.name: one for one in (RECORD, VALID_ONLY, SEAL, BECAUSE, LANGUAGE, WHICH)
}  # fmt: skip


def address(sheet: Sheet) -> str:
    return f"/v1/sheets/{sheet.name}"


class Programs:
    """Both kinds of sheets over HTTP, with the bounds of the officers' pages and at the same doors."""

    def __init__(self, tokens: Tokens, bringing_: Bringing) -> None:
        self._tokens, self._bringing = tokens, bringing_

    def routes(self) -> list[web.RouteDef]:
        return [self._of(sheet) for sheet in SHEETS.values()]

    def _of(self, sheet: Sheet) -> web.RouteDef:
        async def bring(request: web.Request) -> web.StreamResponse:
            return await self._bring(request, sheet)

        return web.post(address(sheet), officers(bring, "sheet"))

    async def _bring(self, request: web.Request, sheet: Sheet) -> Whole:
        token = await signed_in(request, self._tokens, "the sheet")
        self._bringing.permit(sheet, token)
        gathered = Gathered()
        said = read_query(request, PARAMETERS, gathered)
        gathered.raise_any()
        text = said.get("because", "")
        note = Note(because=text, lang=said.get("lang", "") if text else "")
        async with self._bringing.in_hand(token):
            file = File(
                FORMS.get(request.content_type, ""), await read_file(request, tuple(FORMS), bringing.BYTES),
                said.get("sheet", ""),
            )  # fmt: skip
            try:
                found = await self._bringing.brought(sheet, file, token, note, lambda tried: _counts(tried, said))
            except Unavailable as error:
                # What was recorded until then stays, and needs no receipt: the same file finishes it.
                raise Unavailable(str(error)) from None
        done, spoken = found.recorded, reader_of(request).tongue
        if done is None and said.get("record") and not _counts(found.tried, said):
            raise NotRecorded(_told(found.tried, None, spoken), moved_on=_moved_on(found.tried, said))
        # What came to nothing new was recorded all the same: before.
        if done is None and said.get("record"):
            done = found.tried.summary
        body = msgspec.json.encode(_told(found.tried, done, spoken))
        return Whole(lines({"Content-Type": "application/json"}), body, 201 if done and done.recorded else 200)


def _moved_on(tried: Tried, said: Mapping[str, Any]) -> bool:
    return bool(said.get("seal", tried.seal) != tried.seal)


def _counts(tried: Tried, said: Mapping[str, Any]) -> bool:
    """Whether what was tried is to be recorded."""
    good = not tried.summary.bad or said.get("valid_only")
    return bool(said.get("record") and good and not _moved_on(tried, said))


def _told(tried: Tried, done: Summary | None, spoken: Tongue) -> dict[str, Any]:
    """`done`: what was recorded; None: it was tried. `spoken`: in which language people are told what is wrong."""
    summary = tried.summary if done is None else done
    told: dict[str, Any] = {
        "tried": done is None,
        "rows": summary.rows,
        "counts": {str(word): number for word, number in summary.counts.items()},
        "changed": summary.changed,
        "bad": [_bad(one, spoken) for one in summary.bad],
        "seal": tried.seal,
    }
    if done is None:
        return told | {"items": [_would(one) for wave in tried.plan.waves for one in wave]}
    items = [
        {"line": one.line, "row": one.key, "becomes": one.becomes, "stream": str(one.stream), "version": one.version}
        for one in done.recorded
    ]
    place = max((one.position for one in done.recorded), default=None)
    return told | {"items": items} | ({} if place is None else {"position": place})


def _would(one: Asked) -> dict[str, Any]:
    return {"line": one.line, "row": one.key, "becomes": one.becomes, "stream": str(one.order.stream)}


def _bad(one: BadRow, spoken: Tongue) -> dict[str, Any]:
    said = spoken.sentence(one.reason) or one.reason
    found = {"line": one.line, "row": one.key, "column": one.column, "value": one.value, "detail": said}
    return found | ({"code": one.code} if one.code else {})
