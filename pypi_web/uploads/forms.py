"""Reads what a publisher sent: a multipart form whose file goes to a temporary file.

The parts may come in any order, and none needs a type of its own (the legacy upload protocol,
packaging's "Upload API").
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header
from webob.request import DisconnectionError

from pypi_web.storage import StorageUnavailable
from pypi_web.uploads.refusal import UploadRefused

CHUNK = 1 << 18
MAX_IN_MEMORY = 1 << 20
MAX_PARTS = 2_000
MAX_FIELDS_SIZE = 16 << 20
"""Bytes that all parts but the file may have together: a README is among them."""


@dataclass(frozen=True)
class ReceivedFile:
    """The file of an upload, on a disk until the request ends; digests are lower-case hex."""

    filename: str
    content: BinaryIO
    size: int
    sha256: str
    blake2b_256: str
    md5: str


@dataclass
class UploadForm:
    """The fields of an upload by name, each with its values in their order, and its file."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file: ReceivedFile | None = None

    def get(self, name: str) -> str | None:
        """The one value of a field; what old tools write for nothing is nothing.

        Raises UploadRefused where it stands there with two.
        """
        values = {value for value in self.fields.get(name, ()) if value not in ("", "UNKNOWN")}
        if len(values) > 1:
            raise UploadRefused(f"The field {name} has two values: send one.")
        return values.pop() if values else None


@contextmanager
def receive(body: BinaryIO, content_type: str, *, limit: int) -> Iterator[UploadForm]:
    """The form that `body` holds, of at most `limit` bytes; its file is gone after the block.

    Raises UploadRefused where the body is no such form, or too large.
    """
    media_type, options = parse_options_header(content_type)
    boundary = options.get("boundary")
    if media_type != "multipart/form-data" or not boundary:
        raise UploadRefused("Send the file as multipart/form-data, as twine and uv do.")
    # A small one stays in memory; a large one has no name on the disk, so that nothing is left of
    # it even when the server is killed.
    with tempfile.SpooledTemporaryFile(max_size=MAX_IN_MEMORY) as content:
        try:
            yield _parse(body, boundary, content, limit=limit)
        except MultipartError as error:
            raise UploadRefused(f"The form cannot be read: {error}.") from None


def _parse(body: BinaryIO, boundary: str, content: Any, *, limit: int) -> UploadForm:
    form = UploadForm()
    part: _Part | None = None
    field_bytes = 0
    with PushMultipartParser(boundary, max_segment_count=MAX_PARTS, strict=False) as parser:
        for chunk in _chunks(body, limit):
            for event in parser.parse(chunk):
                if isinstance(event, MultipartSegment):
                    part = _begin_part(form, event, content)
                elif event is not None and part is not None:
                    part.write(event)
                    if not isinstance(part, _FilePart):
                        field_bytes += len(event)
                        if field_bytes > MAX_FIELDS_SIZE:
                            raise UploadRefused("The form's fields are too large.", status=413)
                elif part is not None:
                    part.end(form)
    return form


def _chunks(body: BinaryIO, limit: int) -> Iterator[bytes]:
    received = 0
    while chunk := _read(body):
        received += len(chunk)
        if received > limit:
            raise UploadRefused(too_large(limit), status=413)
        yield chunk


def _read(body: BinaryIO) -> bytes:
    try:
        return body.read(CHUNK)
    except DisconnectionError:
        raise UploadRefused("The upload ended before the whole body was sent.") from None


def too_large(limit: int) -> str:
    return (
        f"The upload is larger than the {limit:,} bytes that this index takes"
        " (setting pypi_web.max_upload_size)."
    )


def _begin_part(form: UploadForm, segment: MultipartSegment, content: Any) -> "_Part":
    if segment.name != "content":
        return _PassedOver() if segment.filename else _FieldPart(segment.name)
    if form.file is not None or content.tell():
        raise UploadRefused("The form has more than one part `content`: send one file.")
    if not segment.filename:
        raise UploadRefused("The part `content` has no filename: send the file as a file.")
    return _FilePart(segment.filename, content)


class _PassedOver:
    """A file beside the distribution, such as the signature that old tools send."""

    def write(self, chunk: Any) -> None:
        pass

    def end(self, form: UploadForm) -> None:
        pass


class _FieldPart:
    def __init__(self, name: str) -> None:
        self._name = name
        self._chunks: list[bytes] = []

    def write(self, chunk: Any) -> None:
        self._chunks.append(bytes(chunk))

    def end(self, form: UploadForm) -> None:
        try:
            value = b"".join(self._chunks).decode()
        except UnicodeDecodeError:
            raise UploadRefused(f"The field {self._name!r} is not UTF-8.") from None
        form.fields.setdefault(self._name, []).append(value.strip())


@contextmanager
def _told_of() -> Iterator[None]:
    """A disk that has no room for a temporary file is as a storage that has none."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"The temporary file: {error.strerror}") from error


class _FilePart:
    """Writes to the disk and computes the three digests as the bytes come."""

    def __init__(self, filename: str, content: Any) -> None:
        self._filename = filename
        self._content = content
        self._sha256 = hashlib.sha256()
        self._blake2b_256 = hashlib.blake2b(digest_size=32)
        self._md5 = hashlib.md5(usedforsecurity=False)

    def write(self, chunk: Any) -> None:
        with _told_of():
            self._content.write(chunk)
        for digest in (self._sha256, self._blake2b_256, self._md5):
            digest.update(chunk)

    def end(self, form: UploadForm) -> None:
        with _told_of():
            self._content.flush()
        form.file = ReceivedFile(
            filename=self._filename,
            content=self._content,
            size=self._content.tell(),
            sha256=self._sha256.hexdigest(),
            blake2b_256=self._blake2b_256.hexdigest(),
            md5=self._md5.hexdigest(),
        )


_Part = _FieldPart | _FilePart | _PassedOver
