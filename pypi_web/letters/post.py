"""Sends letters beside the requests: none waits for a mail server."""

import atexit
import heapq
import logging
import smtplib
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from pypi_web.letters.carriers import Carrier, is_final
from pypi_web.letters.writing import Letter, write

log = logging.getLogger(__name__)

WAITING = 1_000
"""Letters that wait to be sent; more are dropped, and said to be."""

PAUSES = (5.0, 30.0, 120.0, 600.0)
"""Seconds from each try that failed to the next; after the last a letter is given up."""

LAST_MOMENTS = 10.0
"""Seconds that are spent, when the process ends, on what waits still."""


@dataclass(order=True)
class _Waiting:
    """A letter and when it is to be tried, by `time.monotonic`."""

    at: float
    number: int
    letter: Letter = field(compare=False)
    tries: int = field(default=0, compare=False)


class Post:
    """Takes letters and sends them one after the other; while one waits for another try, those
    behind it go on."""

    def __init__(self, carrier: Carrier | None, sender: str) -> None:
        self._carrier = carrier
        self._sender = sender
        self._letters: list[_Waiting] = []
        self._number = 0
        self._changed = threading.Condition()
        self._is_carrying = False
        self._thread: threading.Thread | None = None
        self._is_ending = False

    @property
    def is_open(self) -> bool:
        """Whether letters get anywhere."""
        return self._carrier is not None

    def send_after_commit(self, request: Any, letter: Letter) -> None:
        """Sends a letter once the request's transaction has committed, and else never."""

        def send(has_committed: bool) -> None:
            if has_committed:
                self.send(letter)

        request.tm.get().addAfterCommitHook(send)

    def send(self, letter: Letter) -> None:
        if self._carrier is None:
            log.info("A letter is not sent, for no pypi_web.mail.server is set: %s", letter.subject)
            return
        with self._changed:
            if len(self._letters) >= WAITING:
                log.error("Too many letters wait: %r is dropped.", letter.subject)
                return
            self._put(_Waiting(time.monotonic(), self._next_number(), letter))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True, name="letters")
                self._thread.start()
                atexit.register(self.close)

    def wait(self, seconds: float | None = None) -> bool:
        """Until all that was handed in is sent, or given up; whether it is, by the time given."""
        with self._changed:
            return self._changed.wait_for(self._is_idle, seconds)

    def close(self) -> None:
        """Tries what waits once more, at once, for LAST_MOMENTS at the most; what then is left is
        said to be lost."""
        with self._changed:
            self._is_ending = True
            for each in self._letters:
                each.at = 0.0
            heapq.heapify(self._letters)
            self._changed.notify_all()
        if not self.wait(LAST_MOMENTS):
            with self._changed:
                left = len(self._letters) + self._is_carrying
            log.error("%s letters could not be sent before the end.", left)

    def _run(self) -> None:
        while True:
            waiting = self._take()
            again = False
            try:
                again = self._carry(waiting)
            except Exception:
                log.exception("A letter is given up: %r.", waiting.letter.subject)
            finally:
                with self._changed:
                    self._is_carrying = False
                    if again:
                        self._put(waiting)
                    self._changed.notify_all()

    def _take(self) -> _Waiting:
        """The next letter, when it is its turn."""
        with self._changed:
            while True:
                pause = self._letters[0].at - time.monotonic() if self._letters else None
                if pause is not None and pause <= 0:
                    self._is_carrying = True
                    return heapq.heappop(self._letters)
                self._changed.wait(pause)

    def _carry(self, waiting: _Waiting) -> bool:
        """Tries to send a letter; whether it shall be tried again, and then says when."""
        assert self._carrier is not None
        letter = waiting.letter
        try:
            self._carrier.carry(write(letter, self._sender))
        except (OSError, smtplib.SMTPException) as error:
            if not is_final(error) and waiting.tries < len(PAUSES) and not self._is_ending:
                log.warning("A letter could not be sent, and is tried again: %s", error)
                waiting.at = time.monotonic() + PAUSES[waiting.tries]
                waiting.tries += 1
                return True
            log.error("A letter is given up: %r. %s", letter.subject, error)
        except ValueError:
            log.error(
                "A letter is given up: %r has an address or subject that none can have.",
                letter.subject,
            )
        return False

    def _put(self, waiting: _Waiting) -> None:
        heapq.heappush(self._letters, waiting)
        self._changed.notify_all()

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _is_idle(self) -> bool:
        return not self._letters and not self._is_carrying
