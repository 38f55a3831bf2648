"""`python -m benchmarks.demo`: ten wheels published with twine, and one of them installed with pip.

The wheels are fetched by pip from wherever its own configuration says. They are published to an
index that is made for the purpose, and installed from this index and nothing else.
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from benchmarks.sites import BIN, forget_outside_settings, make_site, make_token
from tests.clients.programs import environment
from tests.servers import Server, running_server

INSTALLED = "httpx"
OTHERS = ("click", "packaging", "pluggy", "iniconfig", "six", "tomli", "platformdirs", "colorama")
WHEELS = 10

_NO_CHECK = "--disable-pip-version-check"


def main() -> None:
    forget_outside_settings()
    with tempfile.TemporaryDirectory(prefix="demo-") as name:
        folder = Path(name)
        _say(f"Fetching {WHEELS} wheels with pip, as it is configured here")
        wheels = _fetch_wheels(folder / "wheels")
        _say("Starting an index with a database of its own")
        ini = make_site(folder / "site")
        token = make_token(ini, "publisher")
        with running_server(ini, log=folder / "server.log") as server:
            print(f"It is served at {server.url}", flush=True)
            _say(f"Publishing {len(wheels)} wheels with twine")
            _publish(server, token, wheels)
            _say(f"Installing {INSTALLED} from {server.index_url} alone, into a fresh environment")
            python = _install(server, folder)
            _say(f"Importing {INSTALLED} there")
            _run([python, "-c", f"import {INSTALLED} as it; print(it.__name__, it.__version__)"])
    print(f"\nThe demo has succeeded: {len(wheels)} wheels published, {INSTALLED} installed.")


def _fetch_wheels(folder: Path) -> list[Path]:
    """One project with all that it needs, and others until there are ten."""
    pip = [sys.executable, "-m", "pip", "download", "--no-input", _NO_CHECK, "--dest", folder]
    _run([*pip, "--only-binary=:all:", INSTALLED])
    for other in OTHERS:
        if len(list(folder.glob("*.whl"))) >= WHEELS:
            break
        _run([*pip, "--only-binary=:all:", "--no-deps", other])
    wheels = sorted(folder.glob("*.whl"))
    print(
        f"There are {len(wheels)} now:", *(wheel.name for wheel in wheels), sep="\n  ", flush=True
    )
    if len(wheels) < WHEELS:
        sys.exit(f"Only {len(wheels)} wheels were found.")
    return wheels


def _publish(server: Server, token: str, wheels: list[Path]) -> None:
    _run(
        [
            BIN / "twine",
            "upload",
            "--non-interactive",
            "--disable-progress-bar",
            "--repository-url",
            server.upload_url,
            *wheels,
        ],
        environment(TWINE_USERNAME="__token__", TWINE_PASSWORD=token, NO_COLOR="1"),
    )


def _install(server: Server, folder: Path) -> Path:
    """The interpreter of a new environment, with the project and its dependencies from `server`."""
    venv.create(folder / "environment", with_pip=True)
    scripts = "Scripts" if sys.platform == "win32" else "bin"
    python = folder / "environment" / scripts / "python"
    pip = [python, "-m", "pip", "install", "--no-input", "--no-cache-dir", _NO_CHECK]
    report = folder / "report.json"
    _run(
        [*pip, "--index-url", server.index_url, "--report", report, INSTALLED],
        environment(),
    )
    for each in json.loads(report.read_text(encoding="utf-8"))["install"]:
        url = each["download_info"]["url"]
        print(f"  {each['metadata']['name']} {each['metadata']['version']} came from {url}")
        if not url.startswith(f"{server.url}/"):
            sys.exit("That is not this index.")
    return python


def _run(command: list[str | Path], variables: dict[str, str] | None = None) -> None:
    """Runs a command that shows what it does; ends the demo when it fails."""
    done = subprocess.run(command, env=variables, check=False)
    if done.returncode:
        sys.exit(f"{Path(command[0]).name} has failed with status {done.returncode}.")


def _say(step: str) -> None:
    print(f"\n== {step}", flush=True)


if __name__ == "__main__":
    main()
