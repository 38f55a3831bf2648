"""What upstream's files say of themselves, as pages show it: read and rendered once, kept in
memory."""

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, replace

from pypi_web.mirror import Mirror
from pypi_web.mirror.fetches import Wanted
from pypi_web.readmes import Rendered, as_text, renderer
from pypi_web.readmes.renderer import RendererBusy
from pypi_web.standards import core_metadata
from pypi_web.standards.core_metadata import CoreMetadata, InvalidCoreMetadata
from pypi_web.storage import Storage
from pypi_web.upstream import FileMissing, UpstreamUnavailable

log = logging.getLogger(__name__)

MAX_KEPT = 32_000_000
"""Characters of HTML that a process keeps."""

TURNS = 4
"""Readers of a process who may wait for metadata, or for a renderer, at a time: the others see the
page without, so that a slow upstream leaves threads to what is hosted here."""

RETRY = 30.0
"""Seconds in which upstream is not asked again for what it did not give."""

_WEIGHT = 4_000
"""Characters that an entry counts beside its HTML."""


class MetadataUnknown(Exception):
    """Nothing is known of a file; the message is a sentence for the project's page."""


@dataclass(frozen=True)
class ShownMetadata:
    """Core metadata without its description, which is here as the HTML of a README."""

    fields: CoreMetadata
    readme: Rendered | None


@dataclass(frozen=True)
class _Failure:
    reason: str
    until: float


class KeptMetadata:
    def __init__(self) -> None:
        self._lock = threading.Lock()  # of the two below: held for a moment
        self._kept: OrderedDict[tuple[str, str], ShownMetadata | _Failure] = OrderedDict()
        self._size = 0
        self._turns = threading.BoundedSemaphore(TURNS)

    def find(self, mirror: Mirror, storage: Storage, wanted: Wanted) -> ShownMetadata:
        """The metadata of a file that upstream offers. Raises MetadataUnknown."""
        key = (wanted.file.filename, wanted.sha256)
        found = self._find_kept(key)
        if found is None:
            if not self._turns.acquire(blocking=False):
                raise MetadataUnknown("Many ask for such pages just now: look again in a moment.")
            try:
                found = self._find_kept(key) or self._make(mirror, storage, wanted, key)
            finally:
                self._turns.release()
        if isinstance(found, _Failure):
            raise MetadataUnknown(found.reason)
        return found

    def _find_kept(self, key: tuple[str, str]) -> ShownMetadata | _Failure | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or (isinstance(found, _Failure) and found.until < time.monotonic()):
                return None
            self._kept.move_to_end(key)
            return found

    def _make(
        self, mirror: Mirror, storage: Storage, wanted: Wanted, key: tuple[str, str]
    ) -> ShownMetadata | _Failure:
        found: ShownMetadata | _Failure
        try:
            fields = core_metadata.parse_what_can_be(_read(mirror, storage, wanted))
            readme = _render(fields)
            found = ShownMetadata(replace(fields, description=None), readme)
        except MetadataUnknown as error:
            return _Failure(str(error), 0)  # which costs nothing to find again
        except RendererBusy:
            return ShownMetadata(fields, Rendered(as_text(fields.description or ""), None))
        except InvalidCoreMetadata as error:
            log.info("The metadata of %s cannot be read: %s", wanted.file.filename, error)
            found = _fail(f"The metadata of {wanted.file.filename} cannot be read.")
        except FileMissing:
            found = _fail("Upstream says that it has the metadata of this release, and has it not.")
        except UpstreamUnavailable as error:
            log.warning("%s is shown without its metadata: %s", wanted.file.filename, error)
            found = _fail(
                "Upstream has the description, and does not answer as it should: try again later."
            )
        self._keep(key, found)
        return found

    def _keep(self, key: tuple[str, str], found: ShownMetadata | _Failure) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._size += _weigh(found) - (_weigh(before) if before else 0)
            self._kept[key] = found
            while self._size > MAX_KEPT:
                _, oldest = self._kept.popitem(last=False)
                self._size -= _weigh(oldest)


def _read(mirror: Mirror, storage: Storage, wanted: Wanted) -> bytes:
    digest = mirror.files.metadata_of(wanted)
    if digest is None:
        raise MetadataUnknown(_why_unknown(wanted))
    try:
        return b"".join(storage.read(digest, 0, storage.size(digest)))
    except FileNotFoundError:
        raise MetadataUnknown(
            "The metadata of this release is missing on this index: tell its administrator."
        ) from None


def _why_unknown(wanted: Wanted) -> str:
    if wanted.file.filename.endswith(".whl"):
        return (
            "Upstream has no metadata beside the files of this release: it is known here as soon as"
            " one of its wheels is, which is when somebody first installs it."
        )
    return "This release has no wheel, and upstream tells the metadata of none of its files."


def _render(fields: CoreMetadata) -> Rendered | None:
    if not fields.description:
        return None
    return renderer.render(fields.description, fields.description_content_type)


def _fail(reason: str) -> _Failure:
    return _Failure(reason, time.monotonic() + RETRY)


def _weigh(found: ShownMetadata | _Failure) -> int:
    if isinstance(found, _Failure):
        return _WEIGHT
    return _WEIGHT + len(repr(found.fields)) + (len(found.readme.html) if found.readme else 0)
