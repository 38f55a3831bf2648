"""What stands before any serving: options are understood, the port is free, the database is there.

What is wrong ends the start with a sentence.
"""

import os
import socket
import sys
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from sqlalchemy.exc import SQLAlchemyError

from pypi_web.accounts.setup import find_setup_link
from pypi_web.data.session import reading
from pypi_web.schema.state import State, find_state

BACKLOG = 1024


@dataclass(frozen=True)
class Address:
    """Where to listen, as an ini names it."""

    host: str
    port: int
    variable: str
    """That of the environment which sets the port."""

    @property
    def url(self) -> str:
        """As a browser on this machine finds it."""
        host = "localhost" if self.host in ("0.0.0.0", "::", "*") else self.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def find_address(options: dict[str, Any]) -> Address:
    """Takes `host` and `port` out of the options; PORT of the environment wins."""
    host = options.pop("host", "localhost")
    port = os.environ.get("PORT") or options.get("port", "6543")
    options.pop("port", None)
    number = check_number("port", port, "PORT, or `port` in the ini", most=65535)
    return Address(host, number, "PORT")


def check_number(what: str, text: str, where: str, *, least: int = 1, most: int) -> int:
    is_number = text.isascii() and text.isdigit() and len(text) <= 6
    if not is_number or not least <= int(text) <= most:
        stop(f"The {what} {text[:20]!r} ({where}) is no number from {least} to {most}.")
    return int(text)


def check_all_are_taken(options: Collection[str]) -> None:
    if options:
        stop(f"[server:main] has options that mean nothing here: {', '.join(sorted(options))}.")


def listen(address: Address) -> list[socket.socket]:
    """Sockets on all addresses that a host's name has here, IPv4 first."""
    sockets: list[socket.socket] = []
    host = None if address.host == "*" else address.host
    try:
        found = socket.getaddrinfo(
            host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        for family, kind, protocol, _, where in sorted(set(found)):
            each = socket.socket(family, kind, protocol)
            sockets.append(each)
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                each.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            each.bind(where)
            each.listen(BACKLOG)
    except OSError as error:
        for each in sockets:
            each.close()
        cause = getattr(error, "strerror", None) or str(error).rstrip(".")
        stop(
            f"Cannot listen on {address.host}:{address.port}: {cause}. Set {address.variable} to"
            " another port, or `host` in the ini to a name of this machine."
        )
    return sockets


def find_greeting(app: Any, url: str, ini: str | None) -> str:
    """Where the site is, and what it lacks; stops the start where there are no tables."""
    engine, settings = app.registry["engine"], app.registry["settings"]
    try:
        with reading(engine) as db:
            state = find_state(db)
        if state is State.EMPTY:
            stop(state.sentence_for(ini))
        site = settings.url or url  # as people reach it, who may be elsewhere
        link = find_setup_link(engine, settings, site) if state.is_ready else None
    except SQLAlchemyError as error:
        cause = " ".join(str(getattr(error, "orig", error)).split())
        stop(f"The database cannot be used ({cause}): see DATABASE_URL and sqlalchemy.url.")
    greeting = f"pypi_web is served at {url}"
    if state is State.BEHIND:
        greeting += f"\n{state.sentence_for(ini)}"
    if link:
        greeting += (
            f"\nNobody has an account here yet. Make the first administrator at\n\n    {link}\n"
        )
    return greeting


def greet(greeting: str) -> None:
    print(greeting, flush=True)  # noqa: T201


def stop(sentence: str) -> NoReturn:
    """Ends the start as failed. `pserve` takes SystemExit for a stop that was wished for, and
    would report success."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(1)
