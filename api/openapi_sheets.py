"""Operations of the OpenAPI document by which programs bring sheets."""

from apispec import APISpec

from api.documents import COUNT, ID, Schema, closed, ref
from api.operations import answer, problems, query
from api.sheets import bringing
from api.sheets.programs import FORMS, PARAMETERS, address
from api.sheets.sheets import SHEETS, Sheet

_TEXT: Schema = {"type": "string"}
_LINE: Schema = {"type": "integer", "minimum": 1, "description": "The row's line in the file; the header is line 1."}
_ROW: Schema = _TEXT | {"description": "What names the row."}
_WORDS = ("registered", "proposed", "recorded", "updated", "changed")
TOLD = closed(
    {
        "tried": {"type": "boolean", "description": "Whether it was only tried: nothing of it is recorded then."},
        "rows": COUNT,
        "counts": {
            "type": "object", "additionalProperties": COUNT,
            "description": "How many rows became what; `unchanged`: the register has it so already.",
        },
        "changed": COUNT | {"description": "Rows of which something was recorded, or would be."},
        "bad": {
            "type": "array",
            "description": "Every bad cell, in the order of the file.",
            "items": closed(
                {
                    "line": _LINE, "row": _ROW,
                    "column": _TEXT | {"description": "Empty where the row as a whole is bad."},
                    "value": _TEXT | {"description": "What stands in the cell, or the beginning of it."},
                    "detail": _TEXT | {"description": "What is wrong with it; Accept-Language says in which language."},
                    "code": _TEXT | {"description": "Of the rule that says no, where one does."},
                },
                "code",
            ),
        },
        "items": {
            "type": "array",
            "description": "The good rows of which something was recorded, or would be.",
            "items": closed(
                {
                    "line": _LINE, "row": _ROW, "becomes": {"type": "string", "enum": list(_WORDS)},
                    "stream": ID | {"description": "The unit or the commitment, as it is found under /v1."},
                    "version": COUNT | {"description": "Its version by then; absent in a trial."},
                },
                "version",
            ),
        },
        "seal": {"type": "string", "pattern": "^[0-9a-f]{64}$", "description": "Of what it would do, for `seal`."},
        "position": COUNT | {"description": "Of the last record, for `wait_for`; absent where there is none."},
    },
    "position",
    description="What became of a file, or would.",
)  # fmt: skip
_EXAMPLES = {
    "units": "id,name.fr,sphere,kind,jurisdiction,time_zone,alive_from,identifiers.1.scheme,identifiers.1.value\r\n"
    ",Villeneuve,local,municipality,FR,Europe/Paris,1790,own,villeneuve\r\n",
    "commitments": "id,owner,title.fr,description.fr,ends_on,milestones.1.title.fr,milestones.1.due_on,"
    "milestones.1.responsible\r\n"
    "C-1,insee:69123,De l'ombre,Des arbres dans chaque cour.,2031,La moitié,2029-06-30,insee:69123\r\n",
}


def describe(spec: APISpec) -> None:
    """Adds them to the document."""
    spec.components.schema("SheetTold", TOLD)
    for sheet in SHEETS.values():
        spec.path(path=address(sheet), operations={"post": _operation(sheet)})


def _operation(sheet: Sheet) -> Schema:
    csv, xlsx = FORMS
    summary = f"Bring a sheet of {sheet.name}: a file in which each row becomes commands."
    told = {"application/json": ref("SheetTold")}
    done, tried = answer(201, told), answer(200, told)
    done["description"] = "Recorded. What was bad, where `valid_only` left it out, stands in `bad`."
    tried["description"] = "Only tried; or nothing had to be recorded, since the register has it so already."
    roles = " or ".join(sorted(role.value.replace("_", " ") for role in sheet.roles))
    return {
        "operationId": f"sheets.{sheet.name}",
        "tags": ["sheets"],
        "summary": summary,
        "description": f"{summary} {_HOW}\n\nMay be brought by: {roles}.\n\nColumns: {_columns(sheet)}.",
        "security": [{"officer": []}],
        "parameters": query(PARAMETERS),
        "requestBody": {
            "required": True,
            "content": {
                csv: {"schema": {"type": "string", "minLength": 1}, "example": _EXAMPLES[sheet.name]},
                xlsx: {"schema": {}},
            },
        },
        "responses": {"200": tried, "201": done} | problems(400, 401, 403, 408, 409, 413, 415, 422, 503),
    }


_HOW = (
    "Without `record` nothing is written, and the answer says what would be, with every bad cell. Nothing is written"
    " either while one row is bad, unless `valid_only` is said. The same file again changes nothing: commands have ids"
    " that follow from what a row says, so no Idempotency-Key is needed, and a file whose recording was cut off is"
    f" finished by bringing it again. At most {bringing.ROWS:,} rows and {bringing.BYTES >> 20} MB, tried within"
    f" {bringing.SECONDS} seconds; files of one unit take turns. CSV is UTF-8 with commas, semicolons or tabs."
)


def _columns(sheet: Sheet) -> str:
    """As a sheet may begin; further languages and items go on in the same way."""
    required = {name for name in sheet.layout.sample() if sheet.requires(sheet.column(name))}
    return ", ".join(f"`{name}`{' (required)' if name in required else ''}" for name in sheet.layout.sample())
