"""Has READMEs rendered by a process of its own, which is ended when one takes too long."""

import atexit
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection

from pypi_web.readmes import Rendered, not_rendered

log = logging.getLogger(__name__)

WALL_SECONDS = 20.0
"""How long an answer is waited for; the process itself allows a README fewer seconds of CPU."""

PATIENCE = 10.0
"""Seconds that one README waits for those of others."""

MAX_HTML = 5_000_000


class RendererBusy(Exception):
    """Other READMEs take so long that this one had no turn."""


def render(source: str, content_type: str | None) -> Rendered:
    """A README as HTML; what cannot be rendered as what it says it is, or would take too long, is
    shown as plain text, in a `<pre class="plain-text">`.

    A README of no type is reStructuredText (core metadata, Description-Content-Type). Raises
    RendererBusy.
    """
    if not _turn.acquire(timeout=PATIENCE):
        raise RendererBusy
    try:
        return _ask(source, content_type)
    finally:
        _turn.release()


def _ask(source: str, content_type: str | None) -> Rendered:
    global _child
    if _child is None or not _child.is_usable:
        _child = _Child()
    question = json.dumps({"source": source, "content_type": content_type}).encode()
    answer = _child.ask(question)
    if answer is None:
        _child = None
        log.warning("A README took too much time or memory to render.")
        return not_rendered(source, "it takes too much time or memory")
    if len(answer["html"]) > MAX_HTML:
        return not_rendered(source, f"its HTML would have more than {MAX_HTML:,} characters")
    return Rendered(**answer)


class _Child:
    """The process, begun when there is a first README to render."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pypi_web.readmes.child", str(descriptor)],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                # Nothing of this process' secrets is its business.
                env={"PYTHONPATH": os.pathsep.join(sys.path)},
            )
        self._connection = Connection(ours.detach())
        self._parent = os.getpid()
        atexit.register(self.end)

    @property
    def is_usable(self) -> bool:
        """Whether it lives, and is not of a process that this one was forked from."""
        return self._parent == os.getpid() and self._process.poll() is None

    def ask(self, question: bytes) -> dict[str, str] | None:
        """None where no answer came, and the process is gone."""
        try:
            self._connection.send_bytes(question)
            if self._connection.poll(WALL_SECONDS):
                answer: dict[str, str] = json.loads(self._connection.recv_bytes())
                return answer
        except (EOFError, OSError):
            pass
        self.end()
        return None

    def end(self) -> None:
        atexit.unregister(self.end)
        self._connection.close()
        if self._parent == os.getpid():
            self._process.kill()
            self._process.wait()


_turn = threading.Lock()
_child: _Child | None = None
