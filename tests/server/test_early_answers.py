"""Waitress asks who is there before it takes in a large body."""

import os
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from waitress.adjustments import Adjustments
from webtest import TestApp

from pypi_web.server.early_answers import PATIENCE, AskingParser, EarlyAnsweringChannel
from pypi_web.standards import addresses
from tests.distributions import build_wheel
from tests.people import Person, basic
from tests.publishing import publish
from tests.servers import Server


class Connection:
    """A client that sends what it likes, and reads when it likes."""

    def __init__(self, server: Server) -> None:
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=20)

    def send_head(self, *headers: str, path: str = "/legacy/") -> None:
        lines = [f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", ""]
        self.socket.sendall("\r\n".join(lines).encode())

    def read_answer(self) -> str:
        answer = b""
        while chunk := self.socket.recv(1 << 16):
            answer += chunk
        return answer.decode()


@pytest.fixture
def client(server: Server):
    connection = Connection(server)
    yield connection
    connection.socket.close()


def authorization(who: Person | None) -> str:
    header = who.basic if who else basic("__token__", "pypiweb-wrong")
    return f"Authorization: {header['Authorization']}"


FORM = "Content-Type: multipart/form-data; boundary=x"
LARGE = "Content-Length: 300000000"


def test_a_wrong_token_is_refused_before_the_body_is_sent(client: Connection):
    client.send_head(FORM, LARGE, authorization(None))

    answer = client.read_answer()

    assert answer.startswith("HTTP/1.1 401 The API token is wrong")
    assert "www-authenticate: basic" in answer.lower()
    assert "connection: close" in answer.lower()


def test_no_token_is_refused_before_the_body_is_sent(client: Connection):
    client.send_head(FORM, LARGE)

    assert client.read_answer().startswith("HTTP/1.1 401 Publishing needs an API token")


def test_a_body_over_the_limit_is_refused_before_it_is_sent(client: Connection, alice: Person):
    client.send_head(FORM, "Content-Length: 90000000000", authorization(alice))

    assert client.read_answer().startswith("HTTP/1.1 413 The upload is larger than")


def test_a_chunked_body_is_judged_before_it_is_sent(client: Connection):
    client.send_head(FORM, "Transfer-Encoding: chunked", authorization(None))

    assert client.read_answer().startswith("HTTP/1.1 401")


def test_who_waits_for_a_sign_to_send_gets_the_refusal_instead(client: Connection):
    client.send_head(FORM, LARGE, authorization(None), "Expect: 100-continue")

    assert client.read_answer().startswith("HTTP/1.1 401")


def test_who_waits_for_a_sign_to_send_gets_one_when_welcome(client: Connection, alice: Person):
    client.send_head(FORM, "Content-Length: 20000", authorization(alice), "Expect: 100-continue")

    assert client.socket.recv(1 << 16).startswith(b"HTTP/1.1 100 Continue")


def test_who_is_deaf_while_sending_still_reads_the_refusal(client: Connection):
    client.send_head(FORM, "Content-Length: 30000000", authorization(None))
    for _ in range(30):
        client.socket.sendall(b"\x00" * 1_000_000)

    assert client.read_answer().startswith("HTTP/1.1 401")


def test_a_welcome_upload_is_taken_whole(server: Server, client: Connection, alice: Person):
    wheel = build_wheel(extra={"data.bin": b"".join(n.to_bytes(4) for n in range(50_000))})
    body = b""
    for name, value in wheel.form().items():
        body += f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += (
        b'--x\r\nContent-Disposition: form-data; name="content"; filename="%s"\r\n\r\n'
        % wheel.filename.encode()
    )
    body += wheel.content + b"\r\n--x--\r\n"

    client.send_head(
        FORM, f"Content-Length: {len(body)}", authorization(alice), "Connection: close"
    )
    time.sleep(0.1)
    client.socket.sendall(body)

    assert len(body) > 8192
    assert client.read_answer().startswith("HTTP/1.1 200 OK")


def test_a_refused_connection_is_closed_in_the_end(client: Connection):
    client.send_head(FORM, LARGE, authorization(None))
    client.read_answer()

    with pytest.raises(OSError):  # noqa: PT011 (reset or broken pipe)
        client.socket.sendall(bytes(300_000_000))


def test_what_stands_in_a_refused_body_is_never_a_request(
    server: Server, client: Connection, db: Session, alice: Person
):
    inner = (
        "POST /legacy/ HTTP/1.1\r\nHost: localhost\r\n"
        f"{authorization(alice)}\r\n{FORM}\r\nContent-Length: 20000\r\n\r\n"
        "GET /simple/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    )
    client.send_head(FORM, "Content-Length: 20000", authorization(None))
    client.socket.sendall(inner.encode() * 20)

    answer = client.read_answer()

    assert answer.count("HTTP/1.1") == 1
    assert "POST /legacy/ 401" in server.log.read_text()
    assert "/simple/" not in server.log.read_text()


def test_pages_take_no_large_bodies(server: Server):
    for head in (
        "Content-Length: 2000000",
        "Transfer-Encoding: chunked",
    ):
        client = Connection(server)
        client.send_head(head, path="/account/login")

        answer = client.read_answer()

        assert answer.startswith(("HTTP/1.1 413", "HTTP/1.1 411"))
        client.socket.close()


def test_a_download_that_brings_a_body_is_streamed_all_the_same(
    server: Server, client: Connection, alice: Person, app: TestApp
):
    wheel = build_wheel(extra={"data.bin": os.urandom(60_000_000)})
    publish(app, alice, wheel)
    before = _memory(server)

    path = "/" + addresses.of_file(wheel.sha256, wheel.filename)
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000\r\n\r\n"
    client.socket.sendall(head.encode() + bytes(9000))
    answer = client.socket.recv(1 << 16)
    time.sleep(1)

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert _memory(server) - before < 40_000_000


def _memory(server: Server) -> int:
    """The server's peak of resident memory, in bytes."""
    status = Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        pytest.skip("/proc tells no memory here")
    (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_no_token_and_no_query_stands_in_the_log(server: Server, client: Connection, alice: Person):
    client.send_head(FORM, LARGE, authorization(alice), path="/legacy/?secret=hush")
    client.socket.close()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(f"{server.url}/account/setup?key=hush", timeout=10)
    request = urllib.request.Request(f"{server.url}/search/?q=hush", headers=alice.basic)
    urllib.request.urlopen(request, timeout=10).close()

    log = server.log.read_text()

    assert "GET /account/setup 403" in log
    assert "GET /search/ 200" in log
    assert alice.token not in log
    assert alice.basic["Authorization"].split()[1] not in log
    assert "hush" not in log


def test_a_small_body_that_drips_holds_no_connection_for_long(monkeypatch: pytest.MonkeyPatch):
    channel = EarlyAnsweringChannel.__new__(EarlyAnsweringChannel)
    parser = AskingParser(Adjustments(), channel)
    channel.has_refused = False
    parser.received(b"POST /account/login HTTP/1.1\r\nContent-Length: 8000\r\n\r\nx")
    begun = time.monotonic()
    assert not parser.is_late

    monkeypatch.setattr(time, "monotonic", lambda: begun + PATIENCE + 1)

    assert parser.is_late
