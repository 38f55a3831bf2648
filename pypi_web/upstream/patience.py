"""Sockets that give up in time.

A timeout of a socket is that of one read: who sends a byte now and then is never late. These
count all reads of an answer together, wherever they come from: http.client's of the head, TLS's.
"""

import socket
import ssl
from time import monotonic
from typing import Any

from pypi_web.upstream.failures import Fault


class Patience:
    """What is left for the reads of one answer.

    No read takes more than `pause` seconds, all together no more than `seconds`, and they bring no
    more than `most_bytes`. With a `pace`, each so many bytes earn another second.
    """

    def __init__(
        self, *, pause: float, seconds: float, most_bytes: int, pace: int | None = None
    ) -> None:
        self._pause = pause
        self._left = seconds
        self._bytes_left = most_bytes
        self._pace = pace

    def wait(self) -> float:
        """How many seconds the next read may take."""
        if self._left <= 0:
            raise TimeoutError("all the time that there was is spent")
        return min(self._pause, self._left)

    def count(self, received: int, seconds: float) -> None:
        self._left -= seconds
        if self._pace is not None:
            self._left += received / self._pace
        self._bytes_left -= received
        if self._bytes_left < 0:
            raise TooMuch


class TooMuch(OSError):
    """More came than one is willing to read; an OSError, which http.client and urllib3 pass on."""

    def __init__(self) -> None:
        super().__init__(Fault("sends more than is taken from it"))


class _Patient(socket.socket):
    patience: Patience | None = None

    # Everything that is read of an answer comes through this method (socket.makefile).
    def recv_into(self, *arguments: Any) -> int:
        patience = self.patience
        if patience is None:
            return super().recv_into(*arguments)
        self.settimeout(patience.wait())
        began = monotonic()
        received = super().recv_into(*arguments)
        patience.count(received, monotonic() - began)
        return received


class PatientSocket(_Patient):
    """Over TCP."""


class PatientTLSSocket(_Patient, ssl.SSLSocket):
    """Over TLS."""
