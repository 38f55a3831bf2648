"""Heads of requests that are larger than anybody's, on the real servers."""

import socket
import time

import pytest

from tests.servers import Server

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LARGE = {
    "one header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
    "many headers": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X-A: b\r\n" * 12_500 + b"\r\n",
    "cookies": b"GET / HTTP/1.1\r\nHost: a\r\nCookie: " + b"9" * 100_000 + b"\r\n\r\n",
    "formats": b"GET /simple/ HTTP/1.1\r\nHost: a\r\nAccept: " + b"a/b," * 25_000 + b"\r\n\r\n",
    "an address": b"GET /simple/" + b"a" * 100_000 + b"/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a query": b"GET /search/?q=" + b"%" * 100_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "a method": b"A" * 100_000 + b" / HTTP/1.1\r\nHost: a\r\n\r\n",
}


def status_of(port: int, head: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head)
        return int(connection.recv(1 << 16).split()[1])


def assert_refuses_large_heads(port: int) -> None:
    for what, head in LARGE.items():
        begun = time.monotonic()
        assert 400 <= status_of(port, head) < 500, what
        assert time.monotonic() - begun < 5, what
    assert status_of(port, b"GET /_health/live HTTP/1.1\r\nHost: a\r\n\r\n") == 200


def test_waitress_refuses_them_at_once(server: Server):
    assert_refuses_large_heads(server.port)


def test_granian_refuses_them_at_once(production: Server):
    assert_refuses_large_heads(production.port)
    assert_refuses_large_heads(production.upload_port)
