"""Waitress: all that `development.ini` wants, and in production what publishers are answered by.

It sends the status line that the application wrote, whose words are all that twine shows of a
refusal, and takes in a whole body before a thread is given to it.
"""

import atexit
import os
import signal
import socket
import sys
import threading
import time
from typing import Any

from waitress.adjustments import Adjustments
from waitress.server import create_server

from pypi_web.server.early_answers import EarlyAnsweringChannel
from pypi_web.server.starting import find_address, find_greeting, greet, listen, stop

GRACE = 15.0
"""Seconds that a stop waits for what is being sent and answered."""

FORM_ROOM = 1 << 20
"""Bytes that the server takes beyond the largest upload; the application refuses what is between,
with a sentence."""


def serve(app: Any, global_config: dict[str, str], **options: Any) -> None:
    """A `paste.server_runner`, until SIGTERM or Ctrl-C: `host`, `port`, and whatever else waitress
    knows."""
    address = find_address(options)
    greeting = find_greeting(app, address.url, global_config.get("__file__"))
    sockets = listen(address)
    try:
        Adjustments(sockets=sockets, **options)
    except ValueError as error:
        stop(f"[server:main] is wrong: {str(error).rstrip('.')}.")
    server, _ = _create(app, sockets, max_upload_size=_max_upload_size(app), **options)
    greet(greeting)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly stop, as by Ctrl-C
    server.run()


def serve_beside(
    app: Any, sockets: list[socket.socket], *, max_upload_size: int, threads: int
) -> None:
    """Serves in a thread of its own until this process ends, which waits for a moment for what is
    being answered."""
    server, connected = _create(
        app,
        sockets,
        max_upload_size=max_upload_size,
        threads=threads,
        clear_untrusted_proxy_headers=False,  # the application asks which proxy it trusts
    )
    threading.Thread(target=_run, args=(server,), name="waitress", daemon=True).start()
    atexit.register(_finish, server, connected)


def _finish(server: Any, connected: dict[int, Any]) -> None:
    """Takes in what is being sent and answers it, for some seconds; accepts nothing more."""
    deadline = time.monotonic() + GRACE
    for each in list(connected.values()):
        each.accepting = False
    while time.monotonic() < deadline and any(map(_is_busy, list(connected.values()))):
        time.sleep(0.05)
    server.task_dispatcher.shutdown()


def _is_busy(channel: Any) -> bool:
    if not isinstance(channel, EarlyAnsweringChannel):
        return False
    return bool(channel.request or channel.requests or channel.total_outbufs_len)


def _run(server: Any) -> None:
    try:
        server.run()
    finally:  # never by itself: another worker is begun in place of one that is half dead
        os.kill(os.getpid(), signal.SIGTERM)


def _create(
    app: Any, sockets: list[socket.socket], *, max_upload_size: int, **options: Any
) -> tuple[Any, dict[int, Any]]:
    """A server, and all that it listens on or talks with, by their descriptors."""
    connected: dict[int, Any] = {}
    options.setdefault("max_request_body_size", max_upload_size + FORM_ROOM)
    # select() knows the first 1,024 of a process's sockets, and granian has as many.
    options.setdefault("asyncore_use_poll", True)
    options.setdefault("connection_limit", 1_000)
    options.setdefault("channel_timeout", 60)
    # As many as a worker has in production: those who wait for a mirror's upstream leave some.
    options.setdefault("threads", 64)
    server = create_server(app, map=connected, sockets=sockets, **options)
    for each in connected.values():
        if hasattr(each, "channel_class"):
            each.channel_class = EarlyAnsweringChannel
    return server, connected


def _max_upload_size(app: Any) -> int:
    size: int = app.registry["settings"].max_upload_size
    return size
