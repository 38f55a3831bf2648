"""How a question gets to where it is answered, and back: redirects, credentials, time."""

import base64
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic

from urllib3 import HTTPResponse, Timeout
from urllib3.exceptions import ProtocolError

from pypi_web.upstream.bodies import read_whole
from pypi_web.upstream.connections import KeptConnectionClosed, make_pools, source_of
from pypi_web.upstream.failures import Fault, told_of
from pypi_web.upstream.files import give_up
from pypi_web.upstream.limits import CHUNK, MAX_REDIRECTS, Limits
from pypi_web.upstream.network import Gate
from pypi_web.upstream.patience import Patience
from pypi_web.upstream.targets import Credentials, Target

_REDIRECTS = (301, 302, 303, 307, 308)


class Messenger:
    """Asks as the one that `credentials` name at the origin of `home`, as nobody elsewhere.

    `until` is when a question has to be answered, by `time.monotonic`.
    """

    def __init__(
        self, home: Target, credentials: Credentials | None, *, limits: Limits, gate: Gate
    ) -> None:
        self._home = home
        self._authorization = None if credentials is None else _basic(credentials)
        self._limits = limits
        self._pools = make_pools(gate, at_once=limits.pages_at_once + limits.files_at_once)

    def ask(
        self, target: Target, headers: Mapping[str, str], until: float
    ) -> tuple[HTTPResponse, Target]:
        """The head of an answer that is no redirect, and where it came from.

        The answer is to be read, dismissed or given up.
        """
        for _ in range(MAX_REDIRECTS + 1):
            with told_of(target):
                response = self._send(target, headers, until)
                if response.status not in _REDIRECTS:
                    return response, target
                self.dismiss(response, until)
                target = target.follow(response.headers.get("location"))
        raise Fault(f"redirects more than {MAX_REDIRECTS} times")

    def read(self, response: HTTPResponse, until: float, *, limit: int) -> bytes:
        """The whole body, decoded; raises Fault where it is longer than `limit` bytes."""
        try:
            self._be_patient(response, until, limit=limit)
            body = read_whole(response, limit=limit)
        except BaseException:
            give_up(response)
            raise
        response.release_conn()
        return body

    def dismiss(self, response: HTTPResponse, until: float) -> None:
        """Lets a connection be used again whose answer has a body that nobody needs, if that is
        short."""
        left = response.length_remaining
        if left is None or left > CHUNK:
            give_up(response)
            return
        with suppress(OSError):
            self._be_patient(response, until, limit=CHUNK)
            response.drain_conn()
        response.release_conn()

    def let_stream(self, response: HTTPResponse, *, limit: int) -> None:
        """Prepares an answer for being read for as long as it takes, if only it moves on."""
        source_of(response).patience = Patience(
            pause=self._limits.read_seconds,
            seconds=self._limits.whole_seconds,
            most_bytes=_with_framing(limit),
            pace=self._limits.file_pace,
        )

    def close(self) -> None:
        self._pools.clear()

    def _send(self, target: Target, headers: Mapping[str, str], until: float) -> HTTPResponse:
        headers = {"User-Agent": "pypi_web", **headers}
        if self._authorization is not None and target.origin == self._home.origin:
            headers["Authorization"] = self._authorization
        pool = self._pools.connection_from_host(target.host, target.port, target.scheme)
        while True:
            try:
                response = pool.urlopen(
                    "GET",
                    target.path,
                    headers=headers,
                    timeout=self._timeout(until),
                    retries=False,
                    redirect=False,
                    assert_same_host=False,
                    preload_content=False,
                    decode_content=False,
                )
            except ProtocolError as error:
                # Each try uses up one kept connection, so this ends with a new one.
                if not any(isinstance(each, KeptConnectionClosed) for each in error.args):
                    raise
            else:
                assert isinstance(response, HTTPResponse)
                return response

    def _timeout(self, until: float) -> Timeout:
        left = until - monotonic()
        if left <= 0:
            raise Fault("did not answer in time")
        return Timeout(
            connect=self._limits.connect_seconds, read=self._limits.read_seconds, total=left
        )

    def _be_patient(self, response: HTTPResponse, until: float, *, limit: int) -> None:
        source_of(response).patience = Patience(
            pause=self._limits.read_seconds,
            seconds=until - monotonic(),
            most_bytes=_with_framing(limit),
        )


def _basic(credentials: Credentials) -> str:
    pair = f"{credentials.user}:{credentials.password}".encode()
    return f"Basic {base64.b64encode(pair).decode()}"


def _with_framing(limit: int) -> int:
    """The bytes that a body of `limit` may have with what chunks add to it."""
    return 2 * limit + CHUNK
