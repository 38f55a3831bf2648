"""What a gzipped archive expands to, read as a stream, up to a limit."""

import os
import re
import struct
from collections.abc import Iterator
from typing import BinaryIO

from pypi_web.archives.inflating import GZIP, inflate
from pypi_web.archives.refusal import CHUNK, ArchiveRefused, max_expanded_size

_GZIP_SIGNATURE = b"\x1f\x8b"
_ZIP_END = struct.Struct("<4s4H2LH")
_ZIP_END_SIGNATURE = b"PK\x05\x06"
_ZIP_ENTRY_SIGNATURE = b"PK\x01\x02"
_ZIP_LOCATOR_SIGNATURE = b"PK\x06\x07"
_ZIP_LOCATOR_SIZE = 20
_MAX_ZIP_COMMENT = 0xFFFF


class ExpandedStream:
    """The bytes of one gzip member that is the whole of an archive.

    Every method raises ArchiveRefused where it is none, is damaged or cut off, has something behind
    it, or expands to more than an index takes.
    """

    def __init__(self, content: BinaryIO) -> None:
        self._left = max_expanded_size(content)
        content.seek(0)
        if content.read(len(_GZIP_SIGNATURE)) != _GZIP_SIGNATURE:
            raise ArchiveRefused("it is not compressed by gzip")
        content.seek(0)
        self._pieces = inflate(iter(lambda: content.read(CHUNK), b""), wbits=GZIP)
        self._piece = b""
        self._position = 0

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes."""
        end = self._position + size
        if end <= len(self._piece):
            data = self._piece[self._position : end]
            self._position = end
            return data
        return b"".join(self._take(size))

    def skip(self, size: int) -> None:
        """Passes over `size` bytes."""
        for _ in self._take(size):
            pass

    def has_only_zeros(self) -> bool:
        """Whether nothing but zeros is left; reads to the end, where damage shows."""
        is_empty = not self._piece[self._position :].strip(b"\0")
        while is_empty and self._advance():
            is_empty = not self._piece.strip(b"\0")
        return is_empty

    def _take(self, size: int) -> Iterator[bytes]:
        while size:
            if self._position == len(self._piece) and not self._advance():
                raise ArchiveRefused("it is cut off: its tar archive has no end")
            data = self._piece[self._position : self._position + size]
            self._position += len(data)
            size -= len(data)
            yield data

    def _advance(self) -> bool:
        try:
            self._piece = next(self._pieces, b"")
        except ArchiveRefused as error:
            raise ArchiveRefused(f"it {error}") from None
        self._position = 0
        self._left -= len(self._piece)
        if self._left < 0:
            raise ArchiveRefused("it expands to more than an index takes")
        return bool(self._piece)


def refuse_zip(content: BinaryIO) -> None:
    """Raises ArchiveRefused where a reader of zip archives, which looks at the end of a file, could
    find one in `content`."""
    size = content.seek(0, os.SEEK_END)
    start = content.seek(max(0, size - _ZIP_END.size - _MAX_ZIP_COMMENT))
    tail = content.read()
    for found in re.finditer(re.escape(_ZIP_END_SIGNATURE), tail):
        place = found.start()
        if len(tail) - place < _ZIP_END.size:
            continue
        *_, directory_size, _, comment_size = _ZIP_END.unpack_from(tail, place)
        content.seek(max(0, start + place - directory_size))
        if (
            place + _ZIP_END.size + comment_size == len(tail)
            or content.read(len(_ZIP_ENTRY_SIGNATURE)) == _ZIP_ENTRY_SIGNATURE
            or tail[max(0, place - _ZIP_LOCATOR_SIZE) : place].startswith(_ZIP_LOCATOR_SIGNATURE)
        ):
            raise ArchiveRefused("it is a zip archive too")
