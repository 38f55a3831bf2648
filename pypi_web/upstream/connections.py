"""urllib3's pools of kept connections, which open new ones through the gate alone.

Proxies that the environment names (HTTPS_PROXY) are not used: a proxy looks names up by itself,
so that nothing here could keep an address of upstream's out of the proxy's network, and a variable
that was set for something else must not open that door.
"""

import ssl
from functools import partial
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection

from pypi_web.upstream.network import Gate
from pypi_web.upstream.patience import Patience, PatientSocket, PatientTLSSocket

_HEAD_BYTES = 1 << 16
"""What the status line and all headers may have; a little of the body is read with them."""


class KeptConnectionClosed(ConnectionError):
    """A connection that was kept open turned out to be closed when it was used again, which says
    nothing of upstream."""


class GatedConnection(HTTPConnection):
    source: PatientSocket | PatientTLSSocket
    """Where the last answer comes from; `sock` forgets it when the connection is to end with it."""

    def __init__(self, *arguments: Any, gate: Gate, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._gate = gate
        self._was_used = False

    def _new_conn(self) -> PatientSocket:
        self._was_used = False
        return self._gate.open(self._dns_host, self.port, self.timeout or 0)

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        assert isinstance(self.sock, PatientSocket | PatientTLSSocket), "the gate makes no other"
        self.source = self.sock
        seconds = self.timeout or 0
        self.source.patience = Patience(pause=seconds, seconds=seconds, most_bytes=_HEAD_BYTES)
        try:
            response = super().getresponse()
        except ConnectionError as error:
            if self._was_used:
                raise KeptConnectionClosed from error
            raise
        self._was_used = True
        return response


class GatedTLSConnection(GatedConnection, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = GatedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = GatedTLSConnection


def make_pools(gate: Gate, *, at_once: int) -> PoolManager:
    """Pools for any host, each keeping up to `at_once` connections.

    Certificates are checked against those that the system trusts, or SSL_CERT_FILE names.
    """
    context = ssl.create_default_context()
    context.sslsocket_class = PatientTLSSocket
    pools = PoolManager(num_pools=32, maxsize=at_once, ssl_context=context)
    pools.pool_classes_by_scheme = {
        "http": partial(_Pool, gate=gate),  # type: ignore[dict-item]
        "https": partial(_TLSPool, gate=gate),  # type: ignore[dict-item]
    }
    return pools


def source_of(response: HTTPResponse) -> PatientSocket | PatientTLSSocket:
    """The socket that an answer, of which nothing was read yet, comes from."""
    connection = response.connection
    assert isinstance(connection, GatedConnection), "all pools are made here"
    return connection.source
