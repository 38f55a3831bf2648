"""Other indexes, each installed into an environment of its own and started as it runs best."""

import base64
import hashlib
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import requests

from benchmarks.sites import ROOT
from tests.servers import free_port

CACHE = ROOT / ".bench"
"""Where the peers' environments stay; remove it to have their newest versions."""

USER = "publisher"
PASSWORD = "a password for an hour"


class PeerMissing(Exception):
    """A peer that cannot be installed or started here; the message says why."""


@dataclass(frozen=True)
class Target:
    """A server that takes uploads; `page` is the address of a project's list of files, `pid` the
    process that was started."""

    name: str
    port: int
    path: str
    page: str
    user: str
    password: str
    pid: int = 0

    def page_request(self, project: str) -> bytes:
        """What asks for a project's list of files."""
        return (
            f"GET {self.page.format(project=project)} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Accept: text/html\r\nAuthorization: {self.authorization}\r\n\r\n"
        ).encode()

    @property
    def authorization(self) -> str:
        return f"Basic {base64.b64encode(f'{self.user}:{self.password}'.encode()).decode()}"


@dataclass(frozen=True)
class Peer:
    """`configuration` says in what shape it is measured; `prepare` makes its data in a folder and
    gives the command that serves them, `sign_in` what uploads to the running server need."""

    name: str
    requirements: tuple[str, ...]
    configuration: str
    prepare: Callable[[Path, Path, int], list[str | Path]]
    sign_in: Callable[[int], Target]

    @property
    def bin(self) -> Path:
        return CACHE / self.name / ("Scripts" if sys.platform == "win32" else "bin")

    @property
    def version(self) -> str:
        code = f"import importlib.metadata as it; print(it.version({self.name!r}))"
        return _run([self.bin / "python", "-c", code]).strip()

    def install(self) -> None:
        """Makes its environment where there is none yet, with pip as it is configured here."""
        done = CACHE / self.name / "installed"
        if done.exists():
            return
        print(f"Installing {self.name} …", flush=True)
        _run([sys.executable, "-m", "venv", "--clear", CACHE / self.name])
        pip = [self.bin / "python", "-m", "pip", "install", "--no-input", "-q"]
        _run([*pip, "--disable-pip-version-check", *self.requirements])
        done.touch()


@contextmanager
def running(peer: Peer, folder: Path) -> Iterator[Target]:
    """The peer with empty data in `folder`, ended after the block. Raises PeerMissing."""
    peer.install()
    folder.mkdir()
    port = free_port()
    command = peer.prepare(peer.bin, folder, port)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_until_it_listens(process, port, log)
        yield replace(peer.sign_in(port), pid=process.pid)
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_until_it_listens(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise PeerMissing(f"It does not start: {_last_line(log.read_text())}")


def _run(command: list[str | Path]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except subprocess.CalledProcessError as error:
        raise PeerMissing(f"{Path(command[0]).name} failed: {_last_line(error.stderr)}") from None
    return done.stdout


def _last_line(text: str) -> str:
    return (text.strip() or "it says nothing").splitlines()[-1]


def _prepare_peryx(bin: Path, folder: Path, port: int) -> list[str | Path]:
    config = folder / "peryx.toml"
    config.write_text(
        f"""\
host = "127.0.0.1"
port = {port}
data_dir = {json.dumps(str(folder / "data"))}

[[index]]
ecosystem = "pypi"
name = "hosted"
hosted = true

[[index.access_token]]
name = "upload"
secret = {json.dumps(PASSWORD)}
actions = ["write"]
"""
    )
    return [bin / "peryx", "serve", "--config", config, "--log-level", "warn"]


def _sign_in_to_peryx(port: int) -> Target:
    return Target("peryx", port, "/hosted/", "/hosted/simple/{project}/", "__token__", PASSWORD)


def _prepare_pypiserver(bin: Path, folder: Path, port: int) -> list[str | Path]:
    files, passwords = folder / "files", folder / "passwords"
    files.mkdir()
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    passwords.write_text(f"{USER}:{{SHA}}{digest}\n")
    options = ["-i", "127.0.0.1", "-p", str(port), "-a", "update", "-P", passwords]
    return [bin / "pypi-server", "run", *options, "--disable-fallback", files]


def _sign_in_to_pypiserver(port: int) -> Target:
    return Target("pypiserver", port, "/", "/simple/{project}/", USER, PASSWORD)


def _prepare_devpi(bin: Path, folder: Path, port: int) -> list[str | Path]:
    data = ["--serverdir", folder / "data"]
    _run([bin / "devpi-init", *data, "--no-root-pypi", "--root-passwd", PASSWORD])
    options = ["--host", "127.0.0.1", "--port", str(port), "--offline-mode"]
    return [bin / "devpi-server", *data, *options]


def _sign_in_to_devpi(port: int) -> Target:
    """With a token, so that devpi need not hash a password for each request."""
    url = f"http://127.0.0.1:{port}"
    person = {"password": PASSWORD, "email": f"{USER}@example.org"}
    _send_json("PUT", f"{url}/{USER}", person, ("root", _fetch_token(url, "root")))
    token = _fetch_token(url, USER)
    index = {"type": "stage", "bases": [], "volatile": False}
    _send_json("PUT", f"{url}/{USER}/hosted", index, (USER, token))
    path = f"/{USER}/hosted/"
    return Target("devpi-server", port, path, path + "+simple/{project}/", USER, token)


def _fetch_token(url: str, user: str) -> str:
    answer = _send_json("POST", f"{url}/+login", {"user": user, "password": PASSWORD})
    return answer["result"]["password"]


def _send_json(
    method: str, url: str, value: dict[str, Any], who: tuple[str, str] | None = None
) -> dict[str, Any]:
    headers = {}
    if who is not None:
        headers["X-Devpi-Auth"] = base64.b64encode(":".join(who).encode()).decode()
    answer = requests.request(method, url, json=value, headers=headers, timeout=60)
    if not answer.ok:
        raise PeerMissing(f"It refuses to be set up: {answer.status_code} {answer.text[:200]}")
    return answer.json()


PEERS = (
    Peer(
        "peryx",
        ("peryx",),
        "one hosted index, an access token, a log of warnings alone",
        _prepare_peryx,
        _sign_in_to_peryx,
    ),
    Peer(
        "pypiserver",
        ("pypiserver[cache,passlib]", "waitress"),
        "waitress, its cached backend, a password file of SHA-1; it looks into no file",
        _prepare_pypiserver,
        _sign_in_to_pypiserver,
    ),
    Peer(
        "devpi-server",
        ("devpi-server",),
        "SQLite, one stage index without bases, the token of a login, offline",
        _prepare_devpi,
        _sign_in_to_devpi,
    ),
)


def running_all(stack: ExitStack, folder: Path) -> Iterator[Target]:
    """The peers that can be installed, each running until `stack` ends; says which are not here."""
    for peer in PEERS:
        try:
            target = stack.enter_context(running(peer, folder / peer.name))
        except PeerMissing as missing:
            print(f"  Without {peer.name}. {missing}", flush=True)
        else:
            print(f"  {peer.name} {peer.version}: {peer.configuration}", flush=True)
            yield target
