"""A file of upstream's while it comes in."""

import re
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from urllib3 import HTTPResponse

from pypi_web.upstream.bodies import encoding_of, length_of
from pypi_web.upstream.failures import Fault, told_of
from pypi_web.upstream.limits import CHUNK
from pypi_web.upstream.targets import Target

_read_range = re.compile(r"bytes ([0-9]{1,15})-[0-9]{1,15}/(?:[0-9]{1,15}|\*)").fullmatch


class UpstreamFile:
    """The bytes of a file from `start` on; to be used in a `with`, and by one thread at a time.

    Iterating gives them in chunks as they arrive and raises UpstreamUnavailable where they do not
    come whole: the bytes of a file that ends early are never an end. Where upstream gives no
    length (`length` is None), an end of the connection cannot be told from that of the file; only
    the digest can.
    """

    length: int | None
    """How many bytes are to come, where upstream says."""

    def __init__(
        self,
        response: HTTPResponse,
        target: Target,
        *,
        start: int,
        limit: int,
        when_closed: Callable[[], None],
    ) -> None:
        self._response = response
        self._target = target
        self._limit = limit
        self._when_closed = when_closed
        self._is_closed = False
        self._to_skip = _bytes_before(response, start)
        length = length_of(response)
        self.length = None if length is None else max(length - self._to_skip, 0)
        self._left = limit - start
        if encoding_of(response) != "identity":
            raise Fault("sends a file in a coding that was not asked for")
        if self.length is not None and self.length > self._left:
            raise self._too_large()

    def __iter__(self) -> Iterator[bytes]:
        with told_of(self._target):
            for chunk in self._response.stream(CHUNK, decode_content=False):
                wanted = chunk[self._to_skip :]
                self._to_skip -= len(chunk) - len(wanted)
                self._left -= len(wanted)
                if self._left < 0:
                    raise self._too_large()
                if wanted:
                    yield wanted
            if self._to_skip:
                raise Fault("has a file that ends before what is asked for begins")
        self._response.release_conn()

    def close(self) -> None:
        """Ends the transfer, whatever is left of it; what was read to its end leaves a connection
        that is used again."""
        if not self._is_closed:
            self._is_closed = True
            give_up(self._response)
            self._when_closed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _too_large(self) -> Fault:
        return Fault(f"has a file that is larger than the {self._limit:,} bytes it may have")


def give_up(response: HTTPResponse) -> None:
    """Ends an answer of which something is left, its connection with it."""
    response.close()
    response.release_conn()


def _bytes_before(response: HTTPResponse, start: int) -> int:
    """How many bytes come before the one that is asked for: all, where an answer is of the whole
    file, as that of a server without ranges is."""
    if response.status == 200:
        return start
    found = _read_range(response.headers.get("content-range", ""))
    if found is None or int(found[1]) != start:
        raise Fault("sends another part of the file than was asked for")
    return 0
