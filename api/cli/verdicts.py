"""What an audit found, said to people or to programs, and the exit status that it means."""

import os
import sys
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from api.cli.running import Failed, say
from domain.ledger.findings import Verdict
from services.audit.bundle import PART
from services.audit.replaying import Changed
from services.audit.verifying import Report
from services.disk import settle
from services.terminal import on_one_line

COLOURS = {Verdict.VERIFIED: "green", Verdict.INCOMPLETE: "yellow"}
SAID = {
    Verdict.VERIFIED: "verified",
    Verdict.BROKEN: "INTEGRITY FAILURE",
    Verdict.ASKED_WRONGLY: "asked wrongly",
    Verdict.INCOMPLETE: "incomplete: no verdict",
    Verdict.POLICY_NOT_MET: "policy not met",
    Verdict.FORK: "EVIDENCE OF A FORK",
}


class Audits(click.Group):
    """Status 1 says that a ledger is broken, and nothing else: what goes wrong on this machine is no verdict."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # nobody reads on, and the verdict may be among what was not read
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        except OSError as error:
            say(f"Error: {error.filename or 'This machine'}: {error.strerror or error}", err=True)
        except Failed as error:
            error.show()
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            traceback.print_exc()
        raise SystemExit(Verdict.INCOMPLETE)


as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object for programs.")


def close(report: Report, as_json: bool, *, well: str = "") -> None:
    """Says what was found, and ends with the status that it means; returns only where all is well.

    `well`: the verdict then, where it is another than "verified".
    """
    if as_json:
        said = {"verdict": well} if well and report.verdict is Verdict.VERIFIED else {}
        click.echo(msgspec.json.encode(_plain(report) | said))
    else:
        _show(report)
    if report.verdict is not Verdict.VERIFIED:
        raise SystemExit(report.verdict)


def keep_seen(state: Path, note: bytes) -> None:
    """In the place of the one before, which stays where there is no room for another; on the disk on return.

    A link stays one, and what is no file but a pipe or a device is written to: nothing takes its place.
    """
    place = state.resolve()
    part = place.with_name(f".{place.name}{PART}")
    try:
        if place.exists() and not place.is_file():
            place.write_bytes(note)
            return
        part.write_bytes(note)
        settle(part)
        os.replace(part, place)
        settle(place.parent)
    except OSError as error:
        raise click.UsageError(f"The checkpoint cannot be kept: {error}") from error


def _plain(report: Report) -> dict[str, Any]:
    return {
        "verdict": report.verdict.name.lower().replace("_", "-"), "exit": int(report.verdict),
        "origin": report.origin, "size": report.size, "root": report.root, "verified": report.verified,
        "findings": [
            {"code": one.code, "position": one.position, "expected": one.expected, "got": one.got, "says": one.says}
            for one in report.findings
        ],
        "checked": report.checked, "unchecked": report.unchecked,
    } | ({"undecided": report.undecided} if report.throughout else {})  # fmt: skip


def _show(report: Report) -> None:
    for one in report.findings:
        where = "" if one.position is None else f" at position {one.position}"
        say(f"{one.code}{where}: {on_one_line(one.says)}", fg="red", err=True)
        for word, said in (("expected", one.expected), ("got", one.got)):
            if said:
                say(f"    {word:<9}{on_one_line(said)}", err=True)
    for word, lines in (("checked", report.checked), ("NOT checked", report.unchecked)):
        for line in lines:
            say(f"{word + ':':<13} {on_one_line(line)}")
    if report.throughout and report.size and report.findings:
        _say_how_far(report)
    verdict = report.verdict
    # What fails has said why; whoever is told that all is well must not take it for more than it is.
    left = ""
    if verdict is Verdict.VERIFIED and report.undecided:
        left = f"; {report.undecided:,} commands or attestations were NOT gone through again"
    say(f"{SAID[verdict]}{left} (exit {int(verdict)})", fg=COLOURS.get(verdict, "red"), bold=True)


def _say_how_far(report: Report) -> None:
    if report.verified:
        say(f"The history verifies up to position {report.verified - 1} of {report.size - 1}.")
    else:
        say(f"Not one of the {report.size} records verifies.")


def say_change(view: str, one: Changed, as_json: bool) -> None:
    """What became of one row of a view between two moments."""
    if as_json:
        click.echo(_as_json(view, one))
    else:
        _for_people(view, one)


def _as_json(view: str, one: Changed) -> bytes:
    found = {
        "view": view, "key": one.key, "before": one.before and msgspec.Raw(one.before),
        "after": one.after and msgspec.Raw(one.after),
    }  # fmt: skip
    return msgspec.json.encode(found)


def _for_people(view: str, one: Changed) -> None:
    sides = [{} if side is None else msgspec.json.decode(side) for side in (one.before, one.after)]
    sign = "+" if one.before is None else "-" if one.after is None else "~"
    say(f"{sign} {view} {on_one_line(one.key)}", fg={"+": "green", "-": "red", "~": "yellow"}[sign])
    for name in sorted({*sides[0], *sides[1]} - {"key"}):
        old, new = sides[0].get(name), sides[1].get(name)
        if old != new and sign == "~":
            say(f"    {name}: {_short(old)} -> {_short(new)}")


def _short(value: Any) -> str:
    text = "(nothing)" if value is None else on_one_line(msgspec.json.encode(value).decode())
    return text if len(text) <= 200 else f"{text[:200]}..."


def say_whence(position: int, at: datetime, rows: int | None = None) -> None:
    """As of when what was printed stood, and what nobody checked."""
    begun = "As of" if rows is None else f"{rows:,} rows as of"
    say(f"{begun} position {position}, recorded {at.isoformat()}.", err=True)
    say("Not checked: the bundle itself. Run `subsidia audit verify` on it.", err=True)
