"""The same request over and over, from connections that stay open: `wrk` where it is installed,
else two processes of our own."""

import multiprocessing
import re
import selectors
import shutil
import socket
import subprocess
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field

from benchmarks.connections import is_whole

PROCESSES = 2
WRK = shutil.which("wrk")
NAME = "wrk" if WRK else f"raw sockets in {PROCESSES} processes (wrk is not installed)"

ACCEPT = (
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1,"
    " text/html; q=0.01"
)
"""What pip takes."""


@dataclass(frozen=True)
class Request:
    """A GET; `headers` are those beside Host."""

    path: str
    headers: dict[str, str] = field(default_factory=dict)

    def __bytes__(self) -> bytes:
        lines = [f"GET {self.path} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join((*lines, "", "")).encode()


@dataclass(frozen=True)
class Load:
    """How many requests were answered, in how many seconds."""

    count: int
    duration: float

    @property
    def speed(self) -> float:
        return self.count / self.duration


def send_load(port: int, request: Request, *, connections: int, seconds: int) -> Load:
    """Raises RuntimeError where not all went well."""
    if WRK:
        return _run_wrk(WRK, port, request, connections, seconds)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=context) as pool:
        share = connections // PROCESSES
        parts = [
            pool.submit(_repeat, port, bytes(request), share, seconds) for _ in range(PROCESSES)
        ]
        loads = [each.result() for each in parts]
    return Load(sum(each.count for each in loads), max(each.duration for each in loads))


def _run_wrk(wrk: str, port: int, request: Request, connections: int, seconds: int) -> Load:
    headers = [f"{name}: {value}" for name, value in request.headers.items()]
    command = [wrk, f"-t{PROCESSES}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    for header in headers:
        command += ["-H", header]
    url = f"http://127.0.0.1:{port}{request.path}"
    done = subprocess.run([*command, url], capture_output=True, text=True, check=False)
    found = re.search(r"(\d+) requests in ([\d.]+)(m?s|m),", done.stdout)
    if done.returncode or not found or "Non-2xx" in done.stdout:
        raise RuntimeError(f"wrk failed:\n{done.stdout}{done.stderr}")
    unit = {"ms": 0.001, "s": 1.0, "m": 60.0}[found[3]]
    return Load(int(found[1]), float(found[2]) * unit)


def _repeat(port: int, request: bytes, connections: int, seconds: float) -> Load:
    """What one process does: each of its connections is asked again as soon as it has answered."""
    answers: dict[socket.socket, bytes] = {}
    count = 0
    begun = time.perf_counter()
    with selectors.DefaultSelector() as selector:

        def connect() -> None:
            connected = socket.create_connection(("127.0.0.1", port), 10)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connected, selectors.EVENT_READ)
            answers[connected] = b""
            connected.sendall(request)

        for _ in range(connections):
            connect()
        while (duration := time.perf_counter() - begun) < seconds:
            for event, _ in selector.select(seconds - duration):
                connected = event.fileobj
                data = connected.recv(1 << 18)
                answers[connected] += data
                if is_whole(answers[connected]):
                    count += 1
                    answers[connected] = b""
                    if data:
                        connected.sendall(request)
                if not data:
                    selector.unregister(connected)
                    del answers[connected]
                    connected.close()
                    connect()
        for connected in answers:
            connected.close()
    return Load(count, duration)
