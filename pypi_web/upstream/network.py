"""From a name to a connection: each name is looked up once, and only what was checked is called.

There is nothing in between that a second answer of the name's server could change, and the
connection keeps the name for the Host header and for TLS.
"""

import socket
import threading
from concurrent.futures import Future
from time import monotonic
from typing import Any

from pypi_web.upstream.failures import Fault
from pypi_web.upstream.patience import PatientSocket
from pypi_web.upstream.reach import OPENS, Reach, reach_of

Address = tuple[int, tuple[Any, ...]]
"""A family of sockets, and an address of that family: the IP first, then the port."""


class Network:
    """What names mean and how they are called: a test has one of its own."""

    def resolve(self, host: str, port: int) -> list[Address]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def connect(self, address: Address, seconds: float) -> PatientSocket:
        family, place = address
        made = PatientSocket(family, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.settimeout(seconds)
            made.connect(place)
        except BaseException:
            made.close()
            raise
        return made


class Gate:
    """The only way out: opens connections to public addresses, and to those around us only as far
    as `home`, the host of the index that the site's owner named, lies there itself."""

    def __init__(self, network: Network, home: str, port: int) -> None:
        self._network = network
        self._home = home
        self._home_port = port
        self._open: frozenset[Reach] | None = None
        self._lock = threading.Lock()

    def open(self, host: str, port: int, seconds: float) -> PatientSocket:
        """A connection that stands, whose timeout is what is left of `seconds`.

        Raises Fault.
        """
        until = monotonic() + seconds
        found = self._resolve(host, port, seconds)
        is_home = host.casefold() == self._home.casefold()
        if is_home and self._open is None:
            allowed = found
        else:
            allowed = [each for each in found if self._may_reach(each, until - monotonic())]
        if found and not allowed:
            raise Fault(
                "leads into a private network or to this machine, where upstream itself is not"
            )
        problem: OSError | None = None
        for position, address in enumerate(allowed):
            # One address that swallows packets must not take the time of all.
            share = (until - monotonic()) / (len(allowed) - position)
            try:
                made = self._network.connect(address, max(share, 0.001))
            except OSError as error:
                problem = error
            else:
                if is_home:
                    self._settle(found)
                made.settimeout(max(until - monotonic(), 0.001))
                return made
        if isinstance(problem, TimeoutError):
            raise Fault("did not answer in time") from problem
        if isinstance(problem, ConnectionRefusedError):
            raise Fault("refused the connection") from problem
        raise Fault("cannot be reached") from problem

    def _may_reach(self, address: Address, seconds: float) -> bool:
        reach = _reach(address)
        if reach is Reach.PUBLIC:
            return True
        if self._open is None:
            self.open(self._home, self._home_port, max(seconds, 0.001)).close()
        return self._open is not None and reach in self._open

    def _settle(self, addresses: list[Address]) -> None:
        """Decides, once for the life of the process, what upstream's own place opens, when it has
        taken a call there: names that come to mean something else later open nothing, nor does one
        that means several places open more than each of them would."""
        opened = frozenset.intersection(*(OPENS[_reach(each)] for each in addresses))
        with self._lock:
            if self._open is None:
                self._open = opened

    def _resolve(self, host: str, port: int, seconds: float) -> list[Address]:
        """What a name means; in a thread, for no look-up can be told when to give up."""
        answer: Future[list[Address]] = Future()

        def look_up() -> None:
            try:
                answer.set_result(self._network.resolve(host.strip("[]"), port))
            except Exception as error:
                answer.set_exception(error)

        threading.Thread(target=look_up, daemon=True, name=f"looking up {host}").start()
        try:
            return answer.result(seconds)
        except TimeoutError as error:
            raise Fault("has a name that was not found in time") from error
        except (OSError, UnicodeError) as error:
            raise Fault("has a name that is not known") from error


def _reach(address: Address) -> Reach:
    return reach_of(address[1][0])
