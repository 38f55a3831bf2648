"""Expands compressed data a piece at a time, to exactly its end."""

import zlib
from collections.abc import Iterable, Iterator

from pypi_web.archives.refusal import CHUNK, ArchiveRefused

DEFLATE = -zlib.MAX_WBITS
GZIP = 16 + zlib.MAX_WBITS


def inflate(pieces: Iterable[bytes], *, wbits: int) -> Iterator[bytes]:
    """What one stream of compressed data expands to, in pieces of at most CHUNK bytes.

    The stream must end where `pieces` do. Raises ArchiveRefused, with "is cut off" and the like,
    which lacks its subject.
    """
    inflater = zlib.decompressobj(wbits)
    for piece in pieces:
        left = piece
        while left and not inflater.eof:
            if data := _expand(inflater, left):
                yield data
            left = inflater.unconsumed_tail
        if inflater.unused_data or left:
            raise ArchiveRefused("goes on after the end of its compressed data")
    while not inflater.eof:
        data = _expand(inflater, b"")
        if data:
            yield data
        elif not inflater.eof:
            raise ArchiveRefused("is cut off")


def _expand(inflater: "zlib._Decompress", data: bytes) -> bytes:
    try:
        return inflater.decompress(data, CHUNK)
    except zlib.error:
        raise ArchiveRefused("is damaged: its compressed data cannot be expanded") from None
