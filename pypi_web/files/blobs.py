"""Bytes as a body: whole or in ranges, read as they are sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Blob:
    """Bytes by their SHA-256; `read(start, end)` gives those from `start` up to `end`. WebOb asks
    for ranges."""

    sha256: str
    size: int
    read: Callable[[int, int], Iterator[bytes]]
    is_here: bool = True
    """Whether the storage has them."""

    def __iter__(self) -> Iterator[bytes]:
        return self.read(0, self.size)

    def app_iter_range(self, start: int, stop: int | None) -> Iterator[bytes]:
        return self.read(start, self.size if stop is None else stop)
