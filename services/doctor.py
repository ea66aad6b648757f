"""Checks the whole set-up, and says what to do about whatever is not well."""

import asyncio
import shutil
import stat
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, distribution, requires
from pathlib import Path
from re import match

from services.cluster import PostgresUnavailable
from services.codec import Codec
from services.config import Config
from services.identity.asking import Asked, Fetch, ProviderAway
from services.identity.bound import Identities
from services.keyring import FolderKeyring
from services.keys import KeyUnusable, load_or_make
from services.mail.sending import Smtp
from services.mail.subscriptions import PLACES as SUBSCRIBED
from services.names import NAMES
from services.openings import Openings
from services.postgres import database
from services.store.checkpoints import Notary, Unsigned
from services.store.connecting import Pool, close_pool, open_pool
from services.store.ledger import ForeignLedger, opened
from services.store.migrations import SchemaUnfit, check
from services.store.ports import Unavailable
from services.store.reads import Reads
from services.webhooks.kept import PLACES

GIGABYTE = 1 << 30
DURABLE = {"fsync": "on", "full_page_writes": "on"}
ROOM = 10
"""Connections that ought to be left, for verbs and backups."""
MAIL_WITHIN = 5.0
"""Seconds for each step of the conversation with the mail server."""
DRIFT = 5
"""Seconds that the database's clock may differ from ours before we say so."""


class Verdict(StrEnum):
    """How a check came out."""

    WELL = "ok"
    NOTE = "note"
    ILL = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check. `do`: what to do about it; empty where all is well."""

    what: str
    verdict: Verdict
    said: str
    do: str = ""


def _finding(what: str, well: bool, said: str, do: str, otherwise: Verdict = Verdict.ILL) -> Finding:
    return Finding(what, Verdict.WELL, said) if well else Finding(what, otherwise, said, do)


async def examine(config: Config, fetch: Fetch) -> AsyncIterator[Finding]:
    """Every check, in the order in which things rest on each other; what cannot be checked is left out, with reason.

    `fetch`: asks identity providers.
    """
    yield _python()
    yield _packages()
    yield _folder(config)
    yield _disk(config)
    yield await _port(config)
    for provider in config.identity:
        yield await _identity_provider(Asked(provider, fetch), config.public_url)
    async with AsyncExitStack() as stack:
        try:
            dsn = await stack.enter_async_context(database(config.database_url, config.var))
            unapplied = await check(dsn)
        except SchemaUnfit as error:
            yield Finding("database", Verdict.ILL, str(error))
            return
        except (PostgresUnavailable, Unavailable, OSError) as error:
            yield Finding("database", Verdict.ILL, str(error) or type(error).__name__, _reach(config))
            return
        except Exception as error:  # the driver's own errors: any of them means the same to whoever asks
            yield Finding("database", Verdict.ILL, f"{type(error).__name__}: {error}", _reach(config))
            return
        yield _finding(
            "migrations", not unapplied, "all applied" if not unapplied else f"not applied: {', '.join(unapplied)}",
            "Run `subsidia migrate`.",
        )  # fmt: skip
        if not unapplied:
            async for finding in _inside(config, dsn):
                yield finding


def _reach(config: Config) -> str:
    if config.database_url is None:
        return f"Look at {config.var / 'pg.log'}, or name another server in DATABASE_URL."
    return "Check that DATABASE_URL names a server that runs, and its role and password."


def _python() -> Finding:
    said = ".".join(map(str, sys.version_info[:3]))
    return _finding("Python", sys.version_info >= (3, 11), said, "Use Python 3.11 or later.")


def _packages() -> Finding:
    try:
        wanted = [line for line in requires("subsidia") or () if "extra ==" not in line]
    except PackageNotFoundError:
        return Finding("packages", Verdict.NOTE, "Subsidia itself is not installed", "Run `make run` once.")
    missing = [name for name in map(_name, wanted) if not _installed(name)]
    said = f"{len(wanted)} installed" if not missing else f"missing: {', '.join(missing)}"
    return _finding("packages", not missing, said, "Run `make run`, which installs what requirements.lock names.")


def _name(requirement: str) -> str:
    found = match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, "a requirement begins with a name"
    return found[0]


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _folder(config: Config) -> Finding:
    folder = _nearest(config.var)
    try:  # what an account may do, no bits of a mode tell for sure: read-only file systems, /proc
        tempfile.TemporaryFile(dir=folder).close()
        well = True
    except OSError:
        well = False
    return _finding("folder", well, str(config.var), f"Let this account write in {folder}, or set SUBSIDIA_VAR.")


def _nearest(folder: Path) -> Path:
    """The folder itself, or the one above in which it will be made."""
    return folder if folder.exists() else _nearest(folder.parent)


def _disk(config: Config) -> Finding:
    free = shutil.disk_usage(_nearest(config.var)).free
    said, do = f"{free / GIGABYTE:.1f} GB free", "Make room: a full disk stops every write."
    return _finding("disk", free > 2 * GIGABYTE, said, do, Verdict.NOTE if free > GIGABYTE // 4 else Verdict.ILL)


async def _port(config: Config) -> Finding:
    where = f"{config.host}:{config.port}"
    try:
        server = await asyncio.start_server(lambda reader, writer: None, config.host, config.port)
    except OSError as error:
        if await _is_subsidia(config):
            return Finding("port", Verdict.WELL, f"{where} is served by a running Subsidia")
        do = "Stop what listens there, or set PORT (and HOST) to an address of this machine."
        return Finding("port", Verdict.ILL, f"{where}: {error.strerror or error}", do)
    server.close()
    await server.wait_closed()
    return Finding("port", Verdict.WELL, f"{where} is free")


async def _is_subsidia(config: Config) -> bool:
    """Whether what listens there answers as we do."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(config.host, config.port)
            # Its first page needs no database, which may be what the doctor was called for.
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read(-1)
            writer.close()
    except (OSError, TimeoutError):
        return False
    return config.origin.encode() in answer


async def _inside(config: Config, dsn: str) -> AsyncIterator[Finding]:
    try:
        pool = await open_pool(dsn, 2)
    except Unavailable as error:
        do = "Run `subsidia migrate` as a role that may grant subsidia_app."
        yield Finding("role", Verdict.ILL, f"{error} {error.__cause__}", do)
        return
    try:
        for finding in (
            await _durable(pool), await _connections(pool), await _clock(pool), await _privileges(pool),
            await _ledger(config, pool), await _acting(pool), await _webhooks(pool), await _mail(config, pool),
            await _mail_server(config), await _bindings(config, pool), await _sealed(config, pool),
        ):  # fmt: skip
            if finding is not None:
                yield finding
    finally:
        await close_pool(pool)


async def _durable(pool: Pool) -> Finding:
    names = [*DURABLE, "synchronous_commit"]
    settings = {name: await pool.fetchval("select current_setting($1)", name) for name in names}
    said = ", ".join(f"{name}={value}" for name, value in settings.items())
    well = all(settings[name] == value for name, value in DURABLE.items())
    do = "Set fsync and full_page_writes to on: without them a power cut may lose what was answered."
    return _finding("durability", well, said, do)


async def _connections(pool: Pool) -> Finding:
    """Whether another server fits: whoever finds no connection left does not start, or answers 503."""
    may = await pool.fetchval(
        "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
    )
    # Not pg_stat_activity, which shows the application's role nothing of others.
    used = await pool.fetchval("select sum(numbackends)::int from pg_stat_database")
    do = "Raise max_connections of PostgreSQL, or lower SUBSIDIA_READERS: `subsidia serve` holds some 30."
    return _finding("connections", may - used > ROOM, f"{used} of {may} in use", do, Verdict.NOTE)


async def _clock(pool: Pool) -> Finding:
    there = await pool.fetchval("select clock_timestamp()")
    newest = await pool.fetchval("select at from ledger.checkpoints order by size desc limit 1")
    if newest is not None and (ahead := (newest - datetime.now(UTC)).total_seconds()) > DRIFT:
        said = f"the newest record is stamped {timedelta(seconds=round(ahead))} ahead of this machine's clock"
        do = "A clock is or was wrong. What is recorded until that moment gets the same stamp: times never go back."
        return Finding("clock", Verdict.ILL, said, do)
    apart = abs((datetime.now(UTC) - there).total_seconds())
    do = "Set both machines' clocks by NTP: records are stamped with ours."
    return _finding("clock", apart <= DRIFT, f"{apart:.1f} s from the database's", do, Verdict.NOTE)


async def _privileges(pool: Pool) -> Finding:
    tables = ("records", "checkpoints", "subtrees", "commands")
    rights = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
    held = [
        f"{right} on ledger.{table}"
        for table in tables
        for right in rights
        if await pool.fetchval("select has_table_privilege($1, $2)", f"ledger.{table}", right)
    ]
    role = await pool.fetchval("select current_user")
    reads = await pool.fetchval("select has_table_privilege('ledger.records', 'SELECT')")
    said = f"{role} reads and appends, and changes nothing" if reads and not held else f"{role}: {', '.join(held)}"
    return _finding("privileges", reads and not held, said, f"REVOKE ALL on these from {role}; `subsidia migrate`.")


async def _ledger(config: Config, pool: Pool) -> Finding:
    try:
        said = await opened(pool)
    except ForeignLedger as error:
        return Finding("ledger", Verdict.ILL, str(error), "Restore the database from a backup of this ledger.")
    if said is None:
        return Finding("ledger", Verdict.NOTE, "not opened yet", "The first `subsidia serve` opens it.")
    try:
        key = load_or_make(config.signing_key, may_make=False)
    except KeyUnusable as error:
        return Finding("ledger", Verdict.ILL, str(error), "Restore the key file: nothing can be signed without it.")
    notary = Notary(config.origin, key)
    if said != (notary.origin, notary.verifier):
        do = "Set SUBSIDIA_ORIGIN and SUBSIDIA_SIGNING_KEY to those of this ledger, or DATABASE_URL to its own."
        return Finding("ledger", Verdict.ILL, f"the database holds {said[0]}, under another key or origin", do)
    try:
        size = await _signed(pool, notary)
    except Unsigned as error:
        return Finding("ledger", Verdict.ILL, str(error), "Restore the database from a backup of this ledger.")
    if stat.S_IMODE(config.signing_key.stat().st_mode) & 0o077:
        do = f"chmod 600 {config.signing_key}"
        return Finding("ledger", Verdict.NOTE, "its signing key can be read by other accounts", do)
    return Finding("ledger", Verdict.WELL, f"{said[0]}, {size} records, its key is ours")


async def _signed(pool: Pool, notary: Notary) -> int:
    note = await pool.fetchval("select note from ledger.checkpoints order by size desc limit 1")
    return notary.check(note)[0] if note else 0


async def _acting(pool: Pool) -> Finding:
    """Whether time has acted: what is over and was not said, and what rules refused to the register itself."""
    head = (await pool.fetchval("select max(size) from ledger.checkpoints") or 0) - 1
    rows = await pool.fetch("select worker, position from workers.positions")
    reached = {row["worker"]: row["position"] for row in rows}
    waiting = await pool.fetchval(
        "select count(*) from workers.agenda where standing = 'open' and due_at < now() and again_at is null"
    )
    refused = await pool.fetchval(
        "select (select count(*) from workers.refused)"
        " + (select count(*) from workers.agenda where again_at is not null and said <> '')"
    )
    if refused:
        do = (
            "Look at `said` in workers.agenda and `reason` in workers.refused; the log has the same. Once it is mended:"
            " `subsidia retry`."
        )
        return Finding("workers", Verdict.NOTE, f"rules refused {refused} things to the clock and reactions", do)
    behind = {name: head - position for name, position in reached.items() if position < head}
    if waiting or behind or (head >= 0 and not reached):
        said = ", ".join(f"{name} {records} records behind" for name, records in sorted(behind.items()))
        said = ", ".join(filter(None, (said, f"{waiting} deadlines are over and not said" if waiting else "")))
        do = "`subsidia serve` does it as soon as it runs."
        return Finding("workers", Verdict.NOTE, said or "have not run yet", do)
    return Finding("workers", Verdict.WELL, "what fell due was said, and every record was reacted to")


async def _webhooks(pool: Pool) -> Finding:
    """Whether everybody who is sent records takes them."""
    there = await pool.fetchval("select count(*) from workers.webhooks")
    idle = await PLACES.stuck(pool)
    said = f"{idle} of {there} paused or not taken" if idle else f"{there}, each taken" if there else "none"
    do = "`subsidia webhook list` says which and why; once it is mended: `subsidia webhook resume`."
    return _finding("webhooks", not idle, said, do, Verdict.NOTE)


async def _mail(config: Config, pool: Pool) -> Finding | None:
    """Whether everybody who follows by mail can be written to; nothing where nobody can ask for it."""
    there = await pool.fetchval("select count(*) from workers.subscriptions where confirmed_at is not null")
    if config.mail is None:
        do = "Set SUBSIDIA_MAIL, or end it for them: `subsidia mail list`, `subsidia mail remove`."
        said = f"{there} follow by mail, and SUBSIDIA_MAIL names no server"
        return Finding("mail", Verdict.NOTE, said, do) if there else None
    idle = await SUBSCRIBED.stuck(pool)
    said = f"{idle} of {there} paused or not taken" if idle else f"{there}, each taken" if there else "nobody yet"
    do = "`subsidia mail list` says which and why; once it is mended: `subsidia mail resume`, or `mail remove`."
    return _finding("mail", not idle, said, do, Verdict.NOTE)


async def _mail_server(config: Config) -> Finding | None:
    """Whether it lets us in, by the certificate and the password that it is used with; no message is sent."""
    if config.mail is None:
        return None
    reply = await Smtp(config.mail, MAIL_WITHIN).tried()
    said = f"{config.mail.host}:{config.mail.port} {'lets us in' if reply.taken else 'does not let us in'}"
    do = f"{reply.said} See SUBSIDIA_MAIL in deploy/operations.md."
    return _finding("mail server", reply.taken, said, do, Verdict.NOTE)


async def _bindings(config: Config, pool: Pool) -> Finding | None:
    """How many are bound, and whether their providers are named; nothing where nobody is."""
    identities = Identities(pool, FolderKeyring(config.keyring))
    if not (found := await identities.all()):
        return None
    count = [one for one in found if not await identities.ended(one)]
    strange = sum(one.issuer not in [named.issuer for named in config.identity] for one in count)
    said = f"{len(count)} bound, {len(found) - len(count)} ended"
    do = "`subsidia identity list` says who: set SUBSIDIA_IDENTITY, or `subsidia identity unbind`."
    said += f"; {strange} by providers that SUBSIDIA_IDENTITY does not name" if strange else ""
    return _finding("bindings", not strange, said, do, Verdict.NOTE)


async def _identity_provider(asked: Asked, public_url: str) -> Finding:
    """Whether it answers as officers will need it; nobody is signed in."""
    what, provider = "identity", asked.provider
    try:
        told = await asked.metadata()
    except ProviderAway as error:
        do = f"{error} See SUBSIDIA_IDENTITY in deploy/operations.md."
        return Finding(what, Verdict.NOTE, f"{provider.issuer} cannot be used", do)
    said = f"{provider.issuer} answers; it sends people back to {provider.redirect(public_url)}"
    if told.get("backchannel_logout_supported") is True:
        said += f", and may post to {provider.leaves_by(public_url)} that they left"
    return Finding(what, Verdict.WELL, said)


MENDS = {
    "opening-missing": "Rows of ledger.openings are gone without an erasure on record: restore them from a backup.",
    "opening-altered": "Rows of ledger.openings were altered: restore them from a backup.",
    "opening-differs": "Rows of ledger.openings say something else than what was sealed: restore them from a backup.",
    "key-missing": "Restore the folder of keys; or, if this database was restored to before an erasure, erase again.",
    "key-of-erased": "`subsidia serve` deletes them when it starts. Delete them in copies of the folder, too.",
    "opening-of-erased": "Erased values are back: somebody wrote to ledger.openings. Delete these rows as its owner.",
}


async def _sealed(config: Config, pool: Pool) -> Finding:
    """Whether every sealed value is there, or was erased; and whether what was erased is gone."""
    folder = config.keyring
    if await pool.fetchval("select to_regclass('ledger.plain_openings')") is not None:
        do = "Run `subsidia migrate` with the folder of keys that the register uses."
        return Finding("sealed", Verdict.ILL, "values of an earlier version wait to be encrypted", do)
    found = await Openings(Reads(pool), Codec(config.origin, NAMES), FolderKeyring(folder)).examined()
    said = f"{found.opened:,} values open, {found.erased:,} erased"
    if found.faults:
        faults = ", ".join(f"{number:,} {code}" for code, number in found.faults.items())
        return Finding("sealed", Verdict.ILL, f"{said}; {faults}", " ".join(MENDS[code] for code in found.faults))
    if folder.exists() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
        return Finding("sealed", Verdict.NOTE, "other accounts may look into the folder of keys", f"chmod 700 {folder}")
    return Finding("sealed", Verdict.WELL, said)
