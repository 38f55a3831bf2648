"""`pserve` with granian and its workers."""

import atexit
import http.client
import os
import resource
import select
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select as select_rows
from sqlalchemy.orm import Session

from pypi_web.data import DownloadCount
from pypi_web.server import waitresses
from pypi_web.server.production import GRACE
from pypi_web.standards import addresses
from tests.clients.programs import twine
from tests.distributions import Distribution, build_wheel
from tests.people import Person, basic
from tests.posting import post, split_request
from tests.server.test_serving import pserve, sentence_of
from tests.servers import Server, free_port, running_server

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""What is the server's own affair is tried once."""


def workers_of(server: Server) -> list[int]:
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=", "-o", "args=", "--ppid", str(server.process.pid)],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line.split() for line in listed.stdout.splitlines() if "spawn_main" in line]
    return [int(line[0]) for line in lines]


HALF_A_FORM = (
    b"POST /account/login HTTP/1.1\r\nHost: localhost\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
)


def connect(port: int, *, receives: int | None = None) -> socket.socket:
    """A connection; one that takes in so many bytes by itself, and no more until it is read."""
    connection = socket.socket()
    if receives is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", port))
    return connection


def listeners_on(port: int) -> list[str]:
    """Lines of the kernel's table of sockets: each worker listens on one of its own."""
    lines = Path("/proc/net/tcp").read_text().splitlines()
    return [line for line in lines if f":{port:04X} 00000000:0000 0A" in line]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_alive(process: int) -> bool:
    status = Path(f"/proc/{process}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.read().decode("latin-1")


def test_a_page_read_after_a_publishers_200_shows_that_upload_whichever_worker_answers(
    production: Server, alice: Person
):
    assert len(workers_of(production)) == 2
    wait_until(lambda: len(listeners_on(production.port)) == 2)

    for number in range(10):
        assert post(production.upload_port, alice, build_wheel("foo", f"1.{number}")).status == 200
        for _ in range(8):  # a connection each, and so one or the other worker
            assert f"foo-1.{number}-" in read(f"{production.index_url}foo/")


@ON_SQLITE
def test_a_worker_that_ends_is_begun_again(production: Server):
    first, other = workers_of(production)
    wait_until(lambda: len(listeners_on(production.port)) == 2)

    os.kill(first, signal.SIGKILL)

    wait_until(lambda: len(set(workers_of(production)) - {first}) == 2)
    assert other in workers_of(production)
    assert read(f"{production.url}/_health/ready")


@ON_SQLITE
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_the_process_that_began_them(production: Server, signum: signal.Signals):
    wait_until(lambda: len(listeners_on(production.port)) == 2)
    workers = workers_of(production)

    production.process.send_signal(signum)

    production.process.wait(GRACE + 20)
    wait_until(lambda: not any(map(is_alive, workers)))


@ON_SQLITE
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL])
def test_no_client_is_so_slow_that_a_stop_waits_for_it_for_ever(
    production: Server, wheel: Distribution, signum: signal.Signals
):
    workers = workers_of(production)
    path = addresses.of_file(wheel.sha256, wheel.filename)
    with ExitStack() as stack:
        for head in (HALF_A_FORM, f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()):
            client = stack.enter_context(connect(production.port, receives=4096))
            client.sendall(head)
        time.sleep(0.5)

        production.process.send_signal(signum)

        production.process.wait(GRACE + 20)
        wait_until(lambda: not any(map(is_alive, workers)))


@ON_SQLITE
def test_ctrl_c_ends_all_though_the_terminal_tells_all(production_ini: Path, tmp_path: Path):
    with running_server(production_ini, log=tmp_path / "log", own_group=True) as server:
        wait_until(lambda: len(listeners_on(server.port)) == 2)
        workers = workers_of(server)

        os.killpg(server.process.pid, signal.SIGINT)

        server.process.wait(GRACE + 20)
        wait_until(lambda: not any(map(is_alive, workers)))


@ON_SQLITE
def test_a_stop_takes_in_what_is_being_published(production: Server, alice: Person):
    wheel = build_wheel("late", extra={"filling.bin": os.urandom(300_000)})
    head, body = split_request(alice, wheel)
    with connect(production.upload_port) as publisher:
        publisher.sendall(head + body[:200_000])
        time.sleep(0.5)
        production.process.send_signal(signal.SIGTERM)
        time.sleep(1.5)

        publisher.sendall(body[200_000:])

        assert publisher.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
    production.process.wait(30)


def test_a_stop_closes_all_that_is_listened_on(monkeypatch: pytest.MonkeyPatch):
    """As where a host's name has an address of IPv4 and one of IPv6."""
    begun = []
    monkeypatch.setattr(atexit, "register", lambda *call: begun.append(call))
    monkeypatch.setattr(threading.Thread, "start", lambda _: None)
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(2)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
            each.listen()
        waitresses.serve_beside(lambda *_: [], sockets, max_upload_size=1, threads=1)
        ((finish, server, connected),) = begun
        finish(server, connected)

        assert sum(each.accepting is False for each in connected.values()) >= 2
        server.close()


@ON_SQLITE
def test_publishers_are_answered_however_many_connections_there_are(
    production_ini: Path, tmp_path: Path, alice: Person
):
    production_ini.write_text(production_ini.read_text().replace("workers = 2", "workers = 1"))
    room = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, room[1]), room[1]))
    try:
        with running_server(production_ini, log=tmp_path / "log") as server, ExitStack() as stack:
            for _ in range(1_010):
                stack.enter_context(connect(server.port))
            for number in range(20):
                wheel = build_wheel("sample", f"1.{number}")
                assert post(server.upload_port, alice, wheel).status == 200
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, room)


@ON_SQLITE
def test_a_site_that_cannot_live_ends_as_failed(production: Server):
    before = workers_of(production)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: bool(set(workers_of(production)) - set(before)))
    (again,) = set(workers_of(production)) - set(before)
    os.kill(again, signal.SIGKILL)

    assert production.process.wait(40) == 1
    assert "end as soon as they begin" in production.log.read_text()


def test_an_orderly_stop_loses_no_download(
    production_ini: Path, tmp_path: Path, db: Session, alice: Person
):
    wheel = build_wheel()
    with running_server(production_ini, log=tmp_path / "log") as server:
        assert post(server.upload_port, alice, wheel).status == 200
        for _ in range(6):
            read(f"{server.url}/{addresses.of_file(wheel.sha256, wheel.filename)}")

    assert sum(db.scalars(select_rows(DownloadCount.downloads))) == 6


@ON_SQLITE
def test_no_wish_is_refused_but_by_a_sentence(production_ini: Path, subtests: pytest.Subtests):
    text = production_ini.read_text()
    wrong = {
        "workers = 0": "number of workers",
        "workers = many": "number of workers",
        "threads = 3": "no number from 4 to 1024",
        "trusted_proxy = localhost": "`trusted_proxy` in the ini takes addresses",
        "trusted_proxy = 10.0.0.1/8": "has host bits set",
        "workers = 0000002": "number of workers",
        "upload_port = http": "port for uploads",
        "treads = 4": "mean nothing here: treads",
    }
    for option, words in wrong.items():
        with subtests.test(option):
            production_ini.write_text(text.replace("workers = 2", option))
            assert words in sentence_of(pserve(production_ini, UPLOAD_PORT=""))


@ON_SQLITE
@pytest.mark.parametrize("variable", ["PORT", "UPLOAD_PORT"])
def test_a_port_that_is_taken_stops_the_start(
    production: Server, production_ini: Path, variable: str
):
    ports = {"UPLOAD_PORT": str(free_port()), variable: str(production.port)}

    process = pserve(production_ini, **ports)

    sentence = sentence_of(process)
    assert f"Cannot listen on 127.0.0.1:{production.port}" in sentence
    assert f"Set {variable} to another port" in sentence
    assert "served at" not in process.stdout


@ON_SQLITE
def test_without_a_port_for_them_publishers_are_answered_where_all_are(
    production_ini: Path, tmp_path: Path, alice: Person
):
    with running_server(production_ini, log=tmp_path / "log", UPLOAD_PORT="") as server:
        assert "Publishers" not in server.log.read_text()
        assert post(server.port, alice, build_wheel()).status == 200
        assert post(server.port, alice, build_wheel(extra={"other.py": b"1"})).status == 400


class Ask:
    """One connection, kept for as many requests as are asked."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)

    def __call__(self, path: str, method: str = "GET", **headers: str) -> http.client.HTTPResponse:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, headers=fields)
        answer = self.connection.getresponse()
        answer.content = answer.read()  # type: ignore[attr-defined]
        return answer


@contextmanager
def asking(port: int) -> Iterator[Ask]:
    ask = Ask(port)
    yield ask
    ask.connection.close()


@pytest.fixture
def ask(production: Server) -> Iterator[Ask]:
    with asking(production.port) as ask:
        yield ask


@pytest.fixture
def wheel(production: Server, alice: Person) -> Distribution:
    published = build_wheel(extra={"filling.bin": os.urandom(700_000)})
    assert post(production.upload_port, alice, published).status == 200
    return published


@ON_SQLITE
def test_pages_and_files_are_answered_as_http_has_it_over_one_connection(
    ask: Ask, wheel: Distribution
):
    page = ask("/simple/sample/")
    kept = ask("/simple/sample/")
    same = ask("/simple/sample/", If_None_Match=page.headers["ETag"])
    asked_about = ask("/simple/sample/", "HEAD")

    assert (page.status, kept.status, same.status, asked_about.status) == (200, 200, 304, 200)
    assert kept.content == page.content
    assert same.content == asked_about.content == b""
    assert same.headers["ETag"] == page.headers["ETag"]
    assert int(asked_about.headers["Content-Length"]) == len(page.content)

    path = f"/{addresses.of_file(wheel.sha256, wheel.filename)}"
    whole = ask(path)
    part = ask(path, Range="bytes=100-299")
    end = ask(path, Range="bytes=-50")
    past = ask(path, Range=f"bytes={len(wheel.content)}-")
    head = ask(path, "HEAD")

    assert whole.content == wheel.content
    assert (part.status, part.content) == (206, wheel.content[100:300])
    assert (end.status, end.content) == (206, wheel.content[-50:])
    assert past.status == 416
    assert (head.content, int(head.headers["Content-Length"])) == (b"", len(wheel.content))
    assert ask.connection.sock is not None, "and was never closed"


@ON_SQLITE
def test_a_proxy_that_is_trusted_says_who_asks_by_which_scheme(
    production_ini: Path, tmp_path: Path
):
    forwarded = {"X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.9"}
    text = production_ini.read_text()
    for options, scheme in (("", "http"), ("\ntrusted_proxy = 127.0.0.0/8", "https")):
        production_ini.write_text(text.replace("workers = 2", f"workers = 1{options}"))
        with running_server(production_ini, log=tmp_path / "log") as server:
            for port in (server.port, server.upload_port):
                with asking(port) as ask:
                    answer = ask("/simple", Host="index.example.org", **forwarded)
                assert answer.headers["Location"] == f"{scheme}://index.example.org/simple/"


@ON_SQLITE
def test_a_refused_publisher_reads_why_before_a_body_is_sent(production: Server, alice: Person):
    for who, said in ((None, "API token"), (alice, "larger than")):
        header = who.basic if who else basic("__token__", "pypiweb-wrong")
        for port, reason in ((production.port, b""), (production.upload_port, said.encode())):
            with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
                connection.sendall(
                    b"POST /legacy/ HTTP/1.1\r\nHost: localhost\r\n"
                    b"Content-Type: multipart/form-data; boundary=x\r\n"
                    b"Content-Length: 90000000000\r\n"
                    b"Authorization: " + header["Authorization"].encode() + b"\r\n\r\n"
                )
                answer = connection.recv(1 << 16)
                assert answer.split()[1] in (b"401", b"413")
                assert reason in answer.splitlines()[0]
                assert said.encode() in answer


@ON_SQLITE
def test_twine_shows_the_reason_of_a_refusal_where_publishers_are_sent(
    production: Server, alice: Person, tmp_path: Path
):
    twine(production, alice, build_wheel().write_to(tmp_path))

    other = build_wheel(extra={"other.py": b"1"}).write_to(tmp_path)
    refused = twine(production, alice, other, fails=True)

    assert "already exist" in refused.stdout + refused.stderr


@pytest.fixture
def small(production_ini: Path, tmp_path: Path) -> Iterator[Server]:
    """A server of four threads."""
    text = production_ini.read_text().replace("workers = 2", "workers = 1\nthreads = 4")
    production_ini.write_text(text)
    with running_server(production_ini, log=tmp_path / "small.log") as server:
        yield server


def refused_of(clients: list[socket.socket], count: int) -> None:
    """Waits until so many are told to come again."""
    wait_until(lambda: len(select.select(clients, [], [], 0)[0]) == count)
    answers = [each.recv(1 << 16) for each in select.select(clients, [], [], 0)[0]]
    assert all(b" 503 " in answer and b"retry-after: 1" in answer.lower() for answer in answers)


@ON_SQLITE
def test_bodies_that_do_not_come_hold_up_no_reader(small: Server):
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(small.port)) for _ in range(8)]
        for each in slow:
            each.sendall(HALF_A_FORM)
        refused_of(slow, 7)

        assert "<title>Simple index</title>" in read(small.index_url)


@ON_SQLITE
def test_files_that_are_not_taken_hold_up_no_reader(small: Server, alice: Person):
    large = build_wheel("large", extra={"filling.bin": os.urandom(20_000_000)})
    assert post(small.upload_port, alice, large).status == 200
    path = addresses.of_file(large.sha256, large.filename)
    with ExitStack() as stack:
        slow = [stack.enter_context(connect(small.port, receives=4096)) for _ in range(8)]
        for each in slow:
            each.sendall(f"GET /{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        wait_until(lambda: len(select.select(slow, [], [], 0)[0]) == 8)
        heads = [each.recv(20) for each in slow]
        assert sorted(head.split()[1] for head in heads) == [b"200"] * 2 + [b"503"] * 6

        assert "<title>Simple index</title>" in read(small.index_url)

    for _ in range(8):  # and each place that was taken is free again
        wait_until(lambda: whole(small, path) == large.content)


def whole(server: Server, path: str) -> bytes | None:
    with asking(server.port) as ask:
        answer = ask(f"/{path}")
    return answer.content if answer.status == 200 else None


@ON_SQLITE
def test_a_head_that_never_ends_is_cut_off(production: Server):
    for line in (b"X-Long: " + b"a" * 100_000, b"\r\n".join([b"X-Many: b"] * 20_000)):
        with socket.create_connection(("127.0.0.1", production.port), timeout=20) as connection:
            connection.sendall(b"GET /simple/ HTTP/1.1\r\nHost: localhost\r\n" + line)
            answer = connection.recv(1 << 16)
            assert answer.split()[1] in (b"431", b"400")


@ON_SQLITE
def test_what_is_not_http_is_answered_as_such_and_nothing_falls(production: Server):
    for garbage in (b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", production.port), timeout=20) as connection:
            connection.sendall(garbage)
            connection.shutdown(socket.SHUT_WR)
            assert b" 200 " not in connection.recv(1 << 16)
    assert "alive" in read(f"{production.url}/_health/live")
