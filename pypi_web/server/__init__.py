"""What `pserve` runs: `use = egg:pypi_web` in an ini's `[server:main]`.

Waitress, with PORT of the environment before the ini's, and with a link for the first
administrator printed where the index has nobody yet.
"""

import os
import signal
import socket
import sys
from typing import Any, NoReturn

from sqlalchemy.exc import SQLAlchemyError
from waitress.adjustments import Adjustments
from waitress.server import create_server

from pypi_web.accounts.setup import find_setup_link
from pypi_web.data.session import reading
from pypi_web.schema.state import State, find_state
from pypi_web.server import workers
from pypi_web.server.early_answers import EarlyAnsweringChannel

FORM_ROOM = 1 << 20
"""Bytes that the server takes beyond the largest upload; the application refuses what is between,
with a sentence."""


def serve(app: Any, _global_config: dict[str, str], **options: Any) -> None:
    """The `paste.server_runner`: `host`, `port`, `workers` (processes), and whatever else waitress
    knows."""
    host = options.pop("host", "localhost")
    port = os.environ.get("PORT") or options.pop("port", "6543")
    options.pop("port", None)
    port = _check_number("port", port, "PORT, or `port` in the ini", most=65535)
    count = _check_number("number of workers", options.pop("workers", "1"), "`workers`", most=256)
    settings = app.registry["settings"]
    options.setdefault("max_request_body_size", settings.max_upload_size + FORM_ROOM)
    url = f"http://{'localhost' if host in ('0.0.0.0', '::', '*') else host}:{port}"  # noqa: S104
    greeting = _greet(app, url)
    try:
        sockets = _listen(host, port)
        Adjustments(sockets=sockets, **options)
    except (OSError, ValueError) as error:
        cause = getattr(error, "strerror", None) or str(error).rstrip(".")
        _stop(
            f"Cannot listen on {host}:{port}: {cause}. Set PORT to another port, or `host` in the"
            " ini to a name of this machine."
        )
    print(greeting, flush=True)  # noqa: T201
    if count == 1:
        _work(app, sockets, options)
    else:
        # A connection is of one process alone.
        app.registry["engine"].dispose()
        workers.run(lambda: _work(app, sockets, options), count=count)


def _check_number(what: str, text: str, where: str, *, most: int) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= most:
        _stop(f"The {what} {text[:20]!r} ({where}) is no number from 1 to {most}.")
    return int(text)


def _listen(host: str, port: int) -> list[socket.socket]:
    """Sockets on all addresses that a host's name has here."""
    sockets = []
    for family, kind, protocol, address in Adjustments(host=host, port=port).listen:
        each = socket.socket(family, kind, protocol)
        each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        each.bind(address)
        each.listen(1024)
        sockets.append(each)
    return sockets


def _work(app: Any, sockets: list[socket.socket], options: dict[str, Any]) -> None:
    """Serves until SIGTERM or Ctrl-C."""
    servers: dict[int, Any] = {}
    server = create_server(app, map=servers, sockets=sockets, **options)
    for each in servers.values():
        if hasattr(each, "channel_class"):
            each.channel_class = EarlyAnsweringChannel
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly stop, as by Ctrl-C
    server.run()


def _greet(app: Any, url: str) -> str:
    """Where the site is, and what it lacks; stops the start where there are no tables."""
    engine = app.registry["engine"]
    try:
        with reading(engine) as db:
            state = find_state(db)
        if state is State.EMPTY:
            _stop(state.sentence)
        link = find_setup_link(engine, app.registry["settings"], url) if state.is_ready else None
    except SQLAlchemyError as error:
        cause = " ".join(str(getattr(error, "orig", error)).split())
        _stop(f"The database cannot be used ({cause}): see DATABASE_URL and sqlalchemy.url.")
    greeting = f"pypi_web is served at {url}"
    if state is State.BEHIND:
        greeting += f"\n{state.sentence}"
    if link:
        greeting += (
            f"\nNobody has an account here yet. Make the first administrator at\n\n    {link}\n"
        )
    return greeting


def _stop(sentence: str) -> NoReturn:
    """Ends the start as failed. `pserve` takes SystemExit for a stop that was wished for, and
    would report success."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(1)
