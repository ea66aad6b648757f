"""The verb of one command: its fields as options, the way to the server, and the answer in words."""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import UUID, uuid4

import click
import msgspec

from api.beside import UNITS
from api.binding import parse_json
from api.cli.answers import lines_of, problem
from api.cli.fields import FieldOption, body_of
from api.cli.giving import NO_SERVER
from api.cli.naming import settled
from api.cli.parameters import FILE, is_url
from api.cli.running import Failed, configured, run, say
from api.commands import KEY, STREAM, Envelope, Verb, says_of, verb_of, who_may
from api.faults import Invalid, Wrong
from api.handing import Answered, Unanswered, hand_over
from domain.kernel import Context

ENVELOPE = frozenset(Envelope.__dataclass_fields__)
TOKEN = "SUBSIDIA_TOKEN"
_FILE = "The fields as JSON, as they are sent; - is stdin. Options count more."


class Speaking(click.Command):
    """One command of one context, made when it is named."""

    def __init__(self, context: Context, name: str) -> None:
        verb = verb_of(context, name)
        fields: list[click.Parameter] = [FieldOption(part) for part in verb.request.parts]
        # A unit may be named as in any field; where another thing is, its page says the id.
        id = click.Argument(["id"], type=click.STRING if context.name == UNITS else click.UUID, help=STREAM.says)
        file = click.Argument(["file"], type=click.File("rb"), required=False, help=_FILE)
        super().__init__(
            name,
            params=[*([] if verb.by.starts else [id]), file, *fields, *_options()],
            callback=_gives(verb),
            help=f"{says_of(verb.by, name)}\n\n{who_may(verb)}",
            epilog=_example(verb),
        )

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Fields first, the required ones before the others; then what may stand beside every command's."""
        shown = [(one, one.get_help_record(ctx)) for one in self.get_params(ctx)]
        for title, belongs in _SECTIONS.items():
            records = [(one, record) for one, record in shown if record is not None and belongs(one)]
            records.sort(key=lambda pair: not _required(pair[0]))
            if records:
                with formatter.section(title):
                    formatter.write_dl([record for _, record in records])


def _required(one: click.Parameter) -> bool:
    return isinstance(one, FieldOption) and one.part.required


def _beside(one: click.Parameter) -> bool:
    return isinstance(one, FieldOption) and one.part.name in ENVELOPE and not one.part.required


_SECTIONS: Mapping[str, Callable[[click.Parameter], bool]] = {
    "Arguments": lambda one: isinstance(one, click.Argument),
    "Fields": lambda one: isinstance(one, FieldOption) and not _beside(one),
    "Beside them": _beside,
    "Options": lambda one: not isinstance(one, (FieldOption, click.Argument)),
}


def _example(verb: Verb) -> str:
    """The least that has to be said."""
    words = ["subsidia give", verb.context.name, verb.name, *([] if verb.by.starts else ["ID"])]
    for part in verb.request.parts:
        if part.required:
            option = FieldOption(part)
            choices = option.type.choices if isinstance(option.type, click.Choice) else ()
            shown = part.example if isinstance(part.example, str) else option.metavar or choices[0]
            words += [option.opts[0], f"'{shown}'" if " " in shown else shown]
    return f"Example: {' '.join(words)}"


def _options() -> list[click.Parameter]:
    """What every verb here takes, whatever its command is."""
    return [
        click.Option(["--set", "put"], multiple=True, metavar="PATH=VALUE",
                     help="A field, or a place in one: cost.amount=12.50, parties.0.unit=UNIT. (May be repeated.)"),
        click.Option(["--try", "trying"], is_flag=True, help="Only try it: say what would be recorded."),
        click.Option(["--if-version", "version"], type=click.IntRange(1), metavar="NUMBER",
                     help="Refuse it unless the thing still has this version."),
        click.Option(["--key"], callback=_key, metavar="TEXT",
                     help="The Idempotency-Key: what is given again under it is recorded once. Absent: a new one."),
        click.Option(["--server"], metavar="URL", help="Where the register is served. Absent: http://127.0.0.1:PORT."),
        click.Option(["--token-file"], type=FILE, metavar="FILE",
                     help=f"A file that holds your token. Absent: it is read from {TOKEN}."),
        click.Option(["--receipt"], type=click.Path(path_type=Path), callback=_new, metavar="FILE",
                     help="Keep the answer in a new file, for `subsidia audit receipt`."),
        click.Option(["--json", "as_json"], is_flag=True, help="Print the answer as it came."),
    ]  # fmt: skip


def _key(_context: click.Context, _option: click.Parameter, text: str | None) -> str | None:
    try:
        return None if text is None else str(KEY.leaf.read_text(text))
    except Wrong as wrong:
        raise click.BadParameter(str(wrong.fault)) from None


def _new(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """A receipt refutes whoever tells the ledger anew: none is written over."""
    if path is not None and path.exists():
        raise click.BadParameter(f"{path} is there already; name another file.")
    if path is not None and not os.access(path.absolute().parent, os.W_OK):
        raise click.BadParameter(f"{path.absolute().parent} is no folder that this account may write in.")
    return path


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the options beside the fields say."""

    put: Sequence[str]
    trying: bool
    version: int | None
    key: str | None
    server: str | None
    token_file: Path | None
    receipt: Path | None
    as_json: bool

    def headers(self, key: str | None) -> dict[str, str]:
        """Raises click.UsageError where there is no token."""
        token = token_from(self.token_file)
        said = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", KEY.name: key}
        said["If-Match"] = None if self.version is None else f'"{self.version}"'
        return {name: value for name, value in said.items() if value is not None}


def token_from(file: Path | None) -> str:
    """The officer's token, from that file or the environment. Raises click.UsageError where there is none."""
    token = (_text(file) if file else os.environ.get(TOKEN, "")).strip()
    if not token:
        raise click.UsageError(f"A token is needed: set {TOKEN}, or name a file with --token-file.")
    if not token.isascii() or not token.isprintable():
        raise click.UsageError("This is no token: one is letters and digits, on one line.")
    return token


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}.") from None


def _gives(verb: Verb) -> Callable[..., None]:
    def give(*, file: IO[bytes] | None, id: UUID | str | None = None, **said: Any) -> None:
        fields = {name.removeprefix("said_"): said.pop(name) for name in list(said) if name.startswith("said_")}
        wanted = Wanted(**said)
        body = body_of(verb.request, _read(file), fields, wanted.put)
        _give(verb, "" if id is None else str(id), body, wanted)

    return give


def _read(file: IO[bytes] | None) -> Mapping[str, Any]:
    """What a file says; nothing where none is named."""
    if file is None:
        return {}
    try:
        body, twice = parse_json(file.read())
    except Invalid as invalid:
        raise click.BadParameter(str(invalid.faults[0].fault), param_hint="FILE") from None
    if twice:
        raise click.BadParameter(f"{twice[0].pointer[1:]}: {twice[0].fault}", param_hint="FILE")
    if not isinstance(body, dict):
        raise click.BadParameter("An object is asked for.", param_hint="FILE")
    return body


def _give(verb: Verb, id: str, body: dict[str, Any], wanted: Wanted) -> None:
    key = wanted.key or (None if wanted.trying else str(uuid4()))
    headers = wanted.headers(key)
    server = (wanted.server or f"http://127.0.0.1:{configured('warning').port}").rstrip("/")
    if not is_url(server):
        raise click.UsageError(f"{server!r} is no address like https://register.example.")
    if key is not None and key != wanted.key:
        click.echo(f"Idempotency-Key {key}", err=True)
    again = f" Give it again with --key {key}: it is recorded once." if key else ""
    try:
        id = run(settled(server, verb, id, body))
        url = f"{server}{verb.address.replace('{id}', id)}{'?try=true' if wanted.trying else ''}"
        answer = run(hand_over(url, json.dumps(body).encode(), headers))
    except Unanswered as error:
        why = str(error).rstrip(".")
        raise NoAnswer(f"{server} does not answer: {why}.{again if error.sent else ' Nothing was sent.'}") from error
    _told(answer, server, again, wanted)


def _told(answer: Answered, server: str, again: str, wanted: Wanted) -> None:
    said, well = _decoded(answer.body), answer.status in (200, 201)
    if ("events" if well else "code") not in said:
        raise NoAnswer(f"{server} does not answer as a register does (status {answer.status}).{again}")
    if well and wanted.receipt is not None and not wanted.trying:
        _keep(answer.body, wanted.receipt, again)
    if wanted.as_json:
        click.echo(answer.body)
    if not well:
        status = NO_SERVER if answer.status >= 500 or answer.status == 429 else 1
        text = f"{problem(said)}{again if status == NO_SERVER else ''}"
        if wanted.as_json:
            raise SystemExit(status)
        raise NoAnswer(text) if status == NO_SERVER else Failed(text)
    if not wanted.as_json:
        say("\n".join(lines_of(said, server)))


def _decoded(body: bytes) -> Mapping[str, Any]:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return {}


def _keep(body: bytes, path: Path, again: str) -> None:
    try:
        with path.open("xb") as file:
            file.write(body)
    except OSError as error:
        raise Failed(f"It is recorded, but {path} cannot be written: {error.strerror}.{again}") from error


class NoAnswer(Failed):
    """Nobody said whether it is recorded."""

    exit_code = NO_SERVER
