"""A look at how much a client downloads."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.servers import Server


class Counter:
    """A server seen through something that counts what it answers, in bytes."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = Server(f"http://127.0.0.1:{port}", port, server.process, server.log, port)
        self.bytes = 0


@contextmanager
def counted(server: Server) -> Iterator[Counter]:
    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.create_connection(("127.0.0.1", server.port)) as there:
                threading.Thread(target=_pass, args=(self.request, there), daemon=True).start()
                _pass(there, self.request, count)

    def count(size: int) -> None:
        counter.bytes += size

    class Between(socketserver.ThreadingTCPServer):
        daemon_threads = True
        block_on_close = False

    with Between(("127.0.0.1", 0), Connection) as between:
        counter = Counter(server, between.server_address[1])
        threading.Thread(target=between.serve_forever, args=(0.05,), daemon=True).start()
        yield counter
        between.shutdown()


def _pass(source: socket.socket, target: socket.socket, count=lambda _size: None) -> None:
    """Passes on what one side says until it falls silent, and tells the other side of that."""
    with suppress(OSError):
        while data := source.recv(65536):
            count(len(data))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
