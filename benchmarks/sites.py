"""Sites made for one measurement, and what is run on them."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parent.parent
PASSWORD = "a password for an hour"

_INI = """\
[app:main]
use = egg:pypi_web
sqlalchemy.url = sqlite:///%(here)s/index.sqlite
pypi_web.storage = file://%(here)s/files
pypi_web.secret_file = %(here)s/secret
pypi_web.anonymous_read = true

[server:main]
use = egg:pypi_web
"""


def forget_outside_settings() -> None:
    """What the environment says of another site is not for these, nor is a proxy on the way."""
    for name in list(os.environ):
        if name.startswith("PYPI_WEB_") or name in ("DATABASE_URL", "HOST", "PORT"):
            del os.environ[name]
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))


def make_site(folder: Path) -> Path:
    """The ini of a new site in `folder`, its database migrated."""
    folder.mkdir(parents=True)
    ini = folder / "site.ini"
    ini.write_text(_INI)
    run(
        [BIN / "alembic", "-c", ROOT / "alembic.ini", "upgrade", "head"],
        DATABASE_URL=f"sqlite:///{folder}/index.sqlite",
    )
    return ini


@dataclass(frozen=True)
class ProductionSite:
    """What production.ini runs, on data of its own that the environment names."""

    database: str
    environment: dict[str, str]
    ini: Path = ROOT / "production.ini"


def make_production_site(folder: Path, database: str | None = None) -> ProductionSite:
    """A new site in `folder`, its database migrated: one on SQLite where no URL is given."""
    folder.mkdir(parents=True)
    database = database or f"sqlite:///{folder}/index.sqlite"
    run([BIN / "alembic", "-c", ROOT / "alembic.ini", "upgrade", "head"], DATABASE_URL=database)
    environment = {
        "DATABASE_URL": database,
        "PYPI_WEB_STORAGE": f"file://{folder}/files",
        "PYPI_WEB_SECRET": "a secret for an hour, and long enough",
    }
    return ProductionSite(database, environment)


def make_token(ini: Path, user: str, **environment: str) -> str:
    """A token of a new person, made as the site's owner makes them."""
    command = [BIN / "pypi-web", "--config", ini]
    create = [*command, "user", "create", user, "--email", f"{user}@example.org"]
    run([*create, "--password-stdin"], input=PASSWORD, **environment)
    return run([*command, "token", "create", user], **environment).strip()


def run(command: list[str | Path], *, input: str | None = None, **environment: str) -> str:
    """What a command prints; ends the program with all that it said when it fails."""
    done = subprocess.run(
        command,
        input=input,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout
