"""Pages and metadata are fetched by one for all who want them, in this process and in others."""

import logging
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager

from pypi_web.mirror.leases import Leases
from pypi_web.upstream import UpstreamUnavailable, without_frames

log = logging.getLogger(__name__)

AT_ONCE = 16
"""What a process fetches at a time; upstream itself (upstream.limits) refuses more."""

IN_LINE = 64
"""What is fetched or waits for its turn."""

GUESTS = 52
"""Those who wait in a process for upstream, be it for a page or for more of a file; others are told
to come again, so that there are threads left, of the 64 of a worker, which answer what is hosted
here. An installer that asks for 50 pages at once gets them from a single worker."""

WAITING_LONG = 24
"""Those who wait for pages where upstream is slow: who comes then would wait long."""

SLOW = 3.0
"""Seconds after which upstream counts as slow."""

OTHERS = 40.0
"""Seconds that another process has for what is wanted here; upstream itself has fewer."""

RETRY = 5.0
"""Seconds after a failure in which upstream is not asked for the same again."""


class Turns:
    """Threads that fetch, each at the end of the process ended where it is: they are daemons."""

    def __init__(self, leases: Leases) -> None:
        self._leases = leases
        self._lock = threading.Lock()
        self._running: dict[str, tuple[float, Future[None]]] = {}
        self._asking: dict[str, float] = {}  # since when upstream is asked, the oldest first
        self._failures: OrderedDict[str, tuple[float, UpstreamUnavailable]] = OrderedDict()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._waiting = 0
        self._guests: weakref.WeakSet[object] = weakref.WeakSet()

    @property
    def is_slow(self) -> bool:
        """Whether upstream has made somebody wait for long just now."""
        with self._lock:
            return self._is_slow()

    def admit(self, guest: object) -> None:
        """Counts who will wait for upstream, for as long as there is that object; raises
        UpstreamUnavailable where too many do."""
        with self._lock:
            self._admit(guest)

    def dismiss(self, guest: object) -> None:
        with self._lock:
            self._guests.discard(guest)

    def have_fetched(
        self, name: str, seconds: float, *, is_here: Callable[[], bool], fetch: Callable[[], None]
    ) -> None:
        """Has `fetch` called unless it is already, and waits until `seconds` after it began.

        `is_here` says whether another process, which was met at it, has fetched it; `fetch` looks
        by itself, for one may have done so a moment ago. Raises TimeoutError, and whatever `fetch`
        raises.
        """
        with self._lock:
            began_at, answer = self._begin(name, is_here, fetch)
        left = began_at + seconds - time.monotonic()
        if left <= 0 and not answer.done():
            raise TimeoutError("Upstream takes its time.")
        with self._waiting_for_a_page():
            answer.exception(max(left, 0))
        error = answer.exception()
        if isinstance(error, Exception):
            raise without_frames(error)

    def _begin(
        self, name: str, is_here: Callable[[], bool], fetch: Callable[[], None]
    ) -> "tuple[float, Future[None]]":
        failed_at, error = self._failures.get(name, (0.0, None))
        if error is not None and time.monotonic() < failed_at + RETRY:
            raise without_frames(error)
        if name not in self._running:
            if len(self._running) >= IN_LINE:
                raise _full()
            thread = threading.Thread(
                target=self._run, args=(name, is_here, fetch), daemon=True, name=f"mirror {name}"
            )
            self._running[name] = time.monotonic(), Future()
            try:
                thread.start()
            except RuntimeError:  # the system gives no more of them
                del self._running[name]
                raise _full() from None
        return self._running[name]

    @contextmanager
    def _waiting_for_a_page(self) -> Iterator[None]:
        guest = _Guest()
        with self._lock:
            if self._is_slow() and self._waiting >= WAITING_LONG:
                raise _full()
            self._admit(guest)
            self._waiting += 1
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                self._guests.discard(guest)

    def _admit(self, guest: object) -> None:
        if len(self._guests) >= GUESTS:
            raise _full()
        self._guests.add(guest)

    def _is_slow(self) -> bool:
        oldest = next(iter(self._asking.values()), None)
        return oldest is not None and time.monotonic() > oldest + SLOW

    def _run(self, name: str, is_here: Callable[[], bool], fetch: Callable[[], None]) -> None:
        failure: Exception | None = None
        try:
            with self._slots:
                with self._lock:
                    self._asking[name] = time.monotonic()
                self._fetch_alone(name, is_here, fetch)
        except Exception as error:
            log.warning("Upstream: %s: %s", name, str(error))
            failure = without_frames(error)
        with self._lock:
            self._asking.pop(name, None)
            _, answer = self._running.pop(name)
            if isinstance(failure, UpstreamUnavailable):
                self._failures[name] = time.monotonic(), failure
                self._failures.move_to_end(name)
                while len(self._failures) > 1_000:
                    self._failures.popitem(last=False)
        if failure is None:
            answer.set_result(None)
        else:
            answer.set_exception(failure)

    def _fetch_alone(
        self, name: str, is_here: Callable[[], bool], fetch: Callable[[], None]
    ) -> None:
        deadline = time.monotonic() + OTHERS
        while not self._leases.take(name):
            while self._leases.is_taken(name):
                time.sleep(0.05)
                if time.monotonic() > deadline:
                    raise UpstreamUnavailable("Another process waits for upstream for too long.")
            if is_here():
                return
        try:
            fetch()
        finally:
            self._leases.give_back(name)


class _Guest:
    pass


def _full() -> UpstreamUnavailable:
    return UpstreamUnavailable("Too many wait for upstream: ask again in a moment.")
