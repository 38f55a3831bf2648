"""What `pserve` runs: `use = egg:pypi_web` in an ini's `[server:main]`.

Waitress, with HOST and PORT of the environment before the ini's, and with a link for the first
administrator printed where the index has nobody yet.
"""

import os
import signal
import sys
from typing import Any, NoReturn

from sqlalchemy.exc import SQLAlchemyError
from waitress.server import create_server

from pypi_web.accounts.setup import find_setup_link
from pypi_web.server.early_answers import EarlyAnsweringChannel

FORM_ROOM = 1 << 20
"""Bytes that the server takes beyond the largest upload; the application refuses what is between,
with a sentence."""


def serve(app: Any, _global_config: dict[str, str], **options: Any) -> None:
    """The `paste.server_runner`: `host`, `port`, and whatever else waitress knows."""
    host = os.environ.get("HOST") or options.pop("host", "localhost")
    port = os.environ.get("PORT") or options.pop("port", "6543")
    options = {name: value for name, value in options.items() if name not in ("host", "port")}
    if not port.isdigit():
        _stop(f"The port {port!r} (PORT, or `port` in the ini) is not a number.")
    settings = app.registry["settings"]
    options.setdefault("max_request_body_size", settings.max_upload_size + FORM_ROOM)
    shown = f"http://{'localhost' if host in ('0.0.0.0', '::', '*') else host}:{port}"  # noqa: S104
    _greet(app, shown)
    sockets: dict[int, Any] = {}
    try:
        server = create_server(app, map=sockets, host=host, port=port, **options)
    except OSError as error:
        _stop(f"Cannot listen on {host}:{port}: {error.strerror}. Set PORT to another port.")
    for each in sockets.values():
        if hasattr(each, "channel_class"):
            each.channel_class = EarlyAnsweringChannel
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # an orderly stop, as by Ctrl-C
    server.run()


def _greet(app: Any, url: str) -> None:
    try:
        link = find_setup_link(app.registry["engine"], app.registry["settings"], url)
    except SQLAlchemyError as error:
        cause = str(getattr(error, "orig", error)).splitlines()[0]
        _stop(f"The database is not ready ({cause}): run `alembic upgrade head` first.")
    print(f"pypi_web is served at {url}", flush=True)  # noqa: T201
    if link:
        print(  # noqa: T201
            f"Nobody has an account here yet. Make the first administrator at\n\n    {link}\n",
            flush=True,
        )


def _stop(sentence: str) -> NoReturn:
    """Ends the start as failed. `pserve` takes SystemExit for a stop that was wished for, and
    would report success."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
    os._exit(1)
