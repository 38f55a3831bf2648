"""Publishing over a real connection, also one that breaks."""

import http.client
from dataclasses import dataclass

from tests.distributions import Distribution
from tests.people import Person


@dataclass(frozen=True)
class Answer:
    status: int
    body: str


def post(port: int, who: Person, dist: Distribution) -> Answer:
    """Publishes to the server on `port` of this machine; raises what a broken connection raises."""
    return _ask(port, "POST", "/legacy/", _form(dist), _header(who))


def split_request(who: Person, dist: Distribution) -> tuple[bytes, bytes]:
    """The head and the body of what publishes a file, for those who send it in pieces."""
    body = _form(dist)
    header = {"Host": "localhost", "Content-Length": str(len(body)), **_header(who)}
    lines = ["POST /legacy/ HTTP/1.1", *(f"{name}: {value}" for name, value in header.items())]
    return "\r\n".join((*lines, "", "")).encode(), body


def get(port: int, path: str) -> Answer:
    return _ask(port, "GET", path, None, {})


def _ask(port: int, method: str, path: str, body: bytes | None, header: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request(method, path, body, header)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read().decode())
    finally:
        connection.close()


def _header(who: Person) -> dict[str, str]:
    return {**who.basic, "Content-Type": "multipart/form-data; boundary=x"}


def _form(dist: Distribution) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in dist.form().items()
    ]
    head = f'--x\r\nContent-Disposition: form-data; name="content"; filename="{dist.filename}"'
    return b"".join([*parts, head.encode(), b"\r\n\r\n", dist.content, b"\r\n--x--\r\n"])
