"""Waiting for what other threads and processes do, for as long as it takes them under load."""

import threading
from collections.abc import Callable
from time import monotonic, sleep

PATIENCE = 20.0


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = monotonic() + PATIENCE
    while not is_so():
        assert monotonic() < deadline
        sleep(0.02)


def wait_for_fetches() -> None:
    """Until no thread of a mirror in this process reads or writes a database any more, but for
    those of its upkeep, which never end."""
    for thread in threading.enumerate():
        module = getattr(getattr(thread, "_target", None), "__module__", "")
        if module.startswith("pypi_web.mirror.") and module != "pypi_web.mirror.upkeep":
            thread.join(PATIENCE)
            assert not thread.is_alive(), f"{thread.name} goes on after its test"
