"""Several processes that serve the same sockets: each has an interpreter, and so a core, of its
own."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

RESTART_SECONDS = 1.0
"""Between the end of a worker and the next one, so that what cannot live costs little."""


def run(work: Callable[[], None], *, count: int) -> NoReturn:
    """Runs `work` in so many processes until this one is told to end (SIGTERM, Ctrl-C).

    A worker that ends by itself is begun again; all end with this process, even when it is killed.
    """
    parents_end = _Lifeline()
    workers = {_begin(work, parents_end) for _ in range(count)}

    def end(*_: Any) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, signal.SIG_IGN)
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)
        for worker in workers:
            with suppress(ChildProcessError):
                os.waitpid(worker, 0)
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    while True:
        ended, _status = os.wait()
        workers.discard(ended)
        time.sleep(RESTART_SECONDS)
        workers.add(_begin(work, parents_end))


class _Lifeline:
    """A pipe that nobody writes to: its reader sees the end of it when its writer is gone."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()

    def hold(self) -> None:
        """In a worker: ends it when the process that began it ends."""
        os.close(self._writer)
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        os.read(self._reader, 1)
        os.kill(os.getpid(), signal.SIGTERM)


def _begin(work: Callable[[], None], parents_end: _Lifeline) -> int:
    """The number of a new process that does the work, and then ends as any program does."""
    worker = os.fork()
    if worker:
        return worker
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all: the parent passes it on
    parents_end.hold()
    work()
    sys.exit(0)
