"""A client of large files that looks at nothing but how much there is."""

import re
import socket


def download(port: int, request: bytes) -> int:
    """How many bytes a file has, all of which have come, over a connection of its own."""
    buffer = bytearray(1 << 20)
    view = memoryview(buffer)
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        connection.sendall(request)
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = connection.recv(1 << 16)
            if not chunk:
                raise ConnectionError("The connection has ended before there was an answer.")
            data += chunk
        head, _, begun = data.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: *(\d+)", head, re.I)
        if head.split(b" ", 2)[1] != b"200" or length is None:
            raise RuntimeError(f"A file was answered {head!r}.")
        size, received = int(length[1]), len(begun)
        while received < size:
            count = connection.recv_into(view)
            if not count:
                raise ConnectionError(f"The connection has ended after {received:,} bytes.")
            received += count
    return size
