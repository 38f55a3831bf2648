"""The production server: workers of granian, each a process with the whole application.

granian answers several times as fast as waitress (docs/benchmarks.md), but writes the status line
itself. So where `upload_port` is set, each worker has waitress listen there too.
"""

import gc
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from granian import Granian
from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.utils.proxies import wrap_wsgi_with_proxy_headers
from pyramid.paster import setup_logging

from pypi_web.server import waitresses
from pypi_web.server.bodies import BoundedBodies
from pypi_web.server.starting import (
    BACKLOG,
    Address,
    check_all_are_taken,
    check_number,
    find_address,
    find_greeting,
    greet,
    listen,
    stop,
)

MAX_HEAD = 1 << 16
"""The longest request line and headers together, in bytes."""

UPLOAD_THREADS = 4

GRACE = 20
"""Seconds that a stop waits for who is being answered, however slowly. What was gathered to be
written is written meanwhile."""

Application = Callable[..., Any]


@dataclass(frozen=True)
class Worker:
    """What a worker is to do; sent to its process."""

    load: Callable[[], Any]
    """Makes the application."""
    ini: str | None
    ini_values: dict[str, str]
    """What the ini may name that stands outside of it."""
    trusted_proxy: list[str]
    threads: int
    upload_sockets: list[socket.socket]

    def __call__(self) -> Application:
        """In the worker: the application that granian is to serve."""
        # What the terminal sends to all (Ctrl-C, its own end) is for the first process alone, which
        # tells the workers; granian's workers hang where they are told twice.
        os.setpgid(0, 0)
        _end_with_parent()
        if self.ini is not None:
            setup_logging(self.ini, self.ini_values)
        router = self.load()
        # What was loaded stays: nobody looks through it for garbage, which takes a page's time.
        gc.collect()
        gc.freeze()
        app = router
        if self.trusted_proxy:
            app = wrap_wsgi_with_proxy_headers(app, self.trusted_proxy)
        if self.upload_sockets:
            waitresses.serve_beside(
                app,
                self.upload_sockets,
                max_upload_size=router.registry["settings"].max_upload_size,
                threads=UPLOAD_THREADS,
            )
        return BoundedBodies(app, readers=self.threads // 4, senders=self.threads // 2)


def serve(app: Any, global_config: dict[str, str], **options: Any) -> None:
    """A `paste.server_runner`, until SIGTERM or Ctrl-C: `host`, `port`, `upload_port`, `workers`
    (processes), `threads` (of each, at most), `trusted_proxy` (addresses and networks).

    Each worker makes the application anew, as its section says: a filter or pipeline of the ini is
    not round it.
    """
    address = find_address(options)
    count = check_number("number of workers", options.pop("workers", "1"), "`workers`", most=256)
    threads = check_number(
        "number of threads", options.pop("threads", "64"), "`threads`", least=4, most=1024
    )
    trusted_proxy = _check_networks(options.pop("trusted_proxy", ""))
    uploads = _find_upload_address(address.host, options)
    check_all_are_taken(options)
    if uploads and uploads.port == address.port:
        stop("PORT and UPLOAD_PORT are the same: set one of them to another port.")
    where = _find_free(address)
    upload_sockets = listen(uploads) if uploads else []
    greeting = find_greeting(app, address.url, global_config.get("__file__"))
    if uploads:
        greeting = f"Publishers are answered at {uploads.url} too\n{greeting}"
    threading.Thread(target=_greet_once_served, args=(where, greeting), daemon=True).start()
    worker = Worker(
        load=app.registry["load_again"],
        ini=global_config.get("__file__"),
        ini_values=dict(global_config),
        trusted_proxy=trusted_proxy,
        threads=threads,
        upload_sockets=upload_sockets,
    )
    server = make_server(*where, workers=count, threads=threads)
    server.on_startup(_end_with_terminal)
    try:
        server.serve(target_loader=worker, wrap_loader=False)
    except SystemExit as ended:
        if ended.code:
            stop("The workers end as soon as they begin: see what is logged above.")


def make_server(host: str, port: int, *, workers: int, threads: int) -> Any:
    """granian as it is run here, whatever it then serves."""
    # New programs: what the library of a store has running does not live through a fork.
    multiprocessing.set_start_method("spawn", force=True)
    return Granian(
        "pypi_web",
        host,
        port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=threads,
        loop=Loops.asyncio,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=MAX_HEAD),
        websockets=False,
        backlog=BACKLOG,
        backpressure=BACKLOG,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.error,
    )


def _find_upload_address(host: str, options: dict[str, str]) -> Address | None:
    """UPLOAD_PORT of the environment wins over the ini's `upload_port`."""
    port = os.environ.get("UPLOAD_PORT") or options.get("upload_port")
    options.pop("upload_port", None)
    if port is None:
        return None
    where = "UPLOAD_PORT, or `upload_port` in the ini"
    number = check_number("port for uploads", port, where, most=65535)
    return Address(host, number, "UPLOAD_PORT")


def _check_networks(text: str) -> list[str]:
    """Addresses and networks, written with commas between them."""
    networks = [each.strip() for each in text.split(",") if each.strip()]
    for each in networks:
        try:
            ip_network(each)
        except ValueError as error:
            stop(f"`trusted_proxy` in the ini takes addresses and networks, by commas: {error}.")
    return networks


def _find_free(address: Address) -> tuple[str, int]:
    """The one address that is listened on. Asked here: granian would share a port that is taken."""
    sockets = listen(address)
    host = sockets[0].getsockname()[0]
    for each in sockets:
        each.close()
    return host, address.port


def _greet_once_served(where: tuple[str, int], greeting: str) -> None:
    while True:
        try:
            with socket.create_connection(where, timeout=5):
                return greet(greeting)
        except OSError:
            time.sleep(0.05)


def _end_with_terminal() -> None:
    """Without one, SIGHUP has granian begin its workers anew, one after the other."""
    if sys.stdin is not None and sys.stdin.isatty():
        signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))


def _end_with_parent() -> None:
    """Ends this worker when the process that began it ends, even when that is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_end, args=(parent,), daemon=True).start()


def _wait_and_end(parent: Any) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
