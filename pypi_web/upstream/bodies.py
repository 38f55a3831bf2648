"""Bodies of answers: read as a whole or not at all, and decoded within a bound."""

import io
import re
import zlib
from collections.abc import Iterable, Iterator

from urllib3 import HTTPResponse

from pypi_web.upstream.failures import Fault
from pypi_web.upstream.limits import CHUNK

_GZIP = zlib.MAX_WBITS | 16

_is_length = re.compile(r"[0-9]{1,15}").fullmatch


def length_of(response: HTTPResponse) -> int | None:
    """How many bytes a body has as it is sent; None where upstream does not say.

    Raises Fault where that cannot be known: what is guessed here could end a body early.
    """
    transfer = response.headers.get("transfer-encoding")
    if transfer is not None:
        if transfer.strip().lower() != "chunked":
            raise Fault("sends in a transfer coding that is not known")
        return None
    written = response.headers.get("content-length")
    if written is None:
        return None
    if not _is_length(written):
        raise Fault("gives a length that is no number")
    return int(written)


def encoding_of(response: HTTPResponse) -> str:
    """The content coding of a body, `identity` where it has none."""
    return response.headers.get("content-encoding", "").strip().lower() or "identity"


def read_whole(response: HTTPResponse, *, limit: int) -> bytes:
    """The decoded body, of `limit` bytes at the most; raises Fault where it is longer or broken."""
    if (length_of(response) or 0) > limit:
        raise _too_large(limit)
    chunks: Iterable[bytes] = response.stream(CHUNK, decode_content=False)
    encoding = encoding_of(response)
    if encoding in ("gzip", "x-gzip"):
        chunks = _ungzip(chunks)
    elif encoding != "identity":
        raise Fault("sends in a coding that was not asked for")
    body = io.BytesIO()
    for chunk in chunks:
        body.write(chunk)
        if body.tell() > limit:
            raise _too_large(limit)
    return body.getvalue()


def _ungzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """What gzip packed, in pieces that are as small however much one chunk expands to."""
    member = zlib.decompressobj(_GZIP)
    try:
        for chunk in chunks:
            rest = chunk
            while rest:
                if member.eof:  # RFC 1952 section 2.2: one member may follow another
                    member = zlib.decompressobj(_GZIP)
                yield member.decompress(rest, CHUNK)
                rest = member.unconsumed_tail or member.unused_data
    except zlib.error as error:
        raise Fault("sent broken gzip") from error
    # Only now is the check sum compared that stands at the end.
    if not member.eof:
        raise Fault("sent gzip that ends too early")


def _too_large(limit: int) -> Fault:
    return Fault(f"is larger than the {limit:,} bytes that are taken of it")
