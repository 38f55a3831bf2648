"""Judges an upload by itself, before anyone looks at the database."""

import dataclasses
import hashlib
import hmac
from dataclasses import dataclass

from pypi_web import archives
from pypi_web.data import Classifier, Description, TakenFilename
from pypi_web.projects import descriptions
from pypi_web.standards import core_metadata, filenames, names, versions
from pypi_web.standards.core_metadata import CoreMetadata, InvalidCoreMetadata
from pypi_web.standards.filenames import Filename, InvalidFilename, PackageType
from pypi_web.uploads.forms import ReceivedFile, UploadForm
from pypi_web.uploads.refusal import UploadRefused

DIGESTS = {
    "sha256_digest": "sha256",
    "blake2_256_digest": "blake2b_256",
    "md5_digest": "md5",
}
"""The form's fields for digests, and what each is called here."""


MAX_VALUES = 1_000
"""Values of one field of core metadata, such as the requirements of a release."""

MAX_FIELD = 200_000
"""Characters of one field of core metadata, its values together; the description apart."""

MAX_FILENAME = TakenFilename.filename.type.length
MAX_CLASSIFIER = Classifier.text.type.length
MAX_CONTENT_TYPE = Description.content_type.type.length


@dataclass(frozen=True)
class Upload:
    """A file that is what it says it is; `raw_metadata` is its METADATA or PKG-INFO as it is."""

    file: ReceivedFile
    filename: Filename
    metadata: CoreMetadata
    raw_metadata: bytes
    description_html: str | None

    @property
    def metadata_sha256(self) -> str | None:
        """The digest of the metadata that installers may fetch alone: a wheel's (PEP 658)."""
        if self.filename.package_type is not PackageType.WHEEL:
            return None
        return hashlib.sha256(self.raw_metadata).hexdigest()


def inspect(form: UploadForm) -> Upload:
    """The upload that a form holds, by the legacy protocol's rules; raises UploadRefused."""
    _check_protocol(form)
    file = _check_file(form)
    filename = _check_filename(form, file)
    raw_metadata = _read_metadata(file, filename)
    metadata = _check_metadata(filename, raw_metadata)
    html = None
    if metadata.description:
        html = descriptions.render(metadata.description, metadata.description_content_type)
    return Upload(file, filename, metadata, raw_metadata, html)


def _check_protocol(form: UploadForm) -> None:
    action = form.get(":action")
    if action in ("submit", "submit_pkg_info", "doc_upload"):
        raise UploadRefused(
            f":action={action} is gone: send the file alone, with file_upload.", status=410
        )
    if action != "file_upload":
        raise UploadRefused("The field :action is not file_upload: publish with twine or uv.")
    if form.get("protocol_version") not in (None, "1"):
        raise UploadRefused("The field protocol_version is not 1, the only one there is.")
    for name in ("name", "version", "filetype"):
        if form.get(name) is None:
            raise UploadRefused(f"The field {name} is missing: publish with twine or uv.")


def _check_file(form: UploadForm) -> ReceivedFile:
    if form.file is None:
        raise UploadRefused("The form has no part `content`: send the file.")
    if form.file.size == 0:
        raise UploadRefused(f"The file {form.file.filename} is empty.")
    told = {field: value for field in DIGESTS if (value := form.get(field)) is not None}
    if not told:
        raise UploadRefused(
            "The form has no digest: send sha256_digest, the file's SHA-256 in hex."
        )
    for field, value in told.items():
        actual: str = getattr(form.file, DIGESTS[field])
        if not hmac.compare_digest(value.lower().encode(), actual.encode()):
            raise UploadRefused(
                f"The file is damaged: its {field} is {actual}, the form says {value[:128]}."
                " Send it again."
            )
    return form.file


def _check_filename(form: UploadForm, file: ReceivedFile) -> Filename:
    if len(file.filename) > MAX_FILENAME:
        raise UploadRefused(f"The filename is longer than {MAX_FILENAME} characters.")
    try:
        filename = filenames.parse(file.filename)
    except InvalidFilename as error:
        raise UploadRefused(str(error)) from None
    if form.get("filetype") != filename.package_type:
        raise UploadRefused(
            f"The field filetype is {form.get('filetype')}, but {filename.text} is a"
            f" {filename.package_type}."
        )
    _check_same_project(form.get("name"), form.get("version"), filename, "The form")
    return filename


def _read_metadata(file: ReceivedFile, filename: Filename) -> bytes:
    try:
        return archives.read_metadata(file.content, filename)
    except archives.ArchiveRefused as error:
        raise UploadRefused(str(error)) from None


def _check_metadata(filename: Filename, raw_metadata: bytes) -> CoreMetadata:
    if b"\x00" in raw_metadata:
        raise UploadRefused(f"The metadata in {filename.text} is invalid: it holds a zero byte.")
    try:
        metadata = core_metadata.parse(raw_metadata)
    except InvalidCoreMetadata as error:
        raise UploadRefused(f"The metadata in {filename.text} is invalid: {error}") from None
    _check_same_project(
        metadata.name, metadata.version, filename, f"The metadata in {filename.text}"
    )
    if not names.is_valid(metadata.name) or len(metadata.name) > names.MAX_LENGTH:
        raise UploadRefused(f"{metadata.name[:200]!r} cannot name a project.")
    _check_lengths(metadata)
    return metadata


def _check_lengths(metadata: CoreMetadata) -> None:
    """What would be too much for the tables or for a page is told so, rather than cut off."""
    for field in dataclasses.fields(metadata):
        value = getattr(metadata, field.name)
        if isinstance(value, tuple) and len(value) > MAX_VALUES:
            raise UploadRefused(f"The metadata has more than {MAX_VALUES} {field.name}.")
        size = 0 if value is None or field.name == "description" else len(str(value))
        if size > MAX_FIELD:
            raise UploadRefused(f"The metadata's {field.name} is longer than {MAX_FIELD:,}.")
    too_long = [each for each in metadata.classifiers if len(each) > MAX_CLASSIFIER]
    if too_long:
        raise UploadRefused(
            f"The classifier {too_long[0][:80]!r} is longer than {MAX_CLASSIFIER} characters."
        )
    if len(metadata.description_content_type or "") > MAX_CONTENT_TYPE:
        raise UploadRefused(
            f"The field Description-Content-Type is longer than {MAX_CONTENT_TYPE} characters."
        )


def _check_same_project(
    name: str | None, version: str | None, filename: Filename, says: str
) -> None:
    if not versions.is_short_enough(version or ""):
        raise UploadRefused(f"The version is longer than {versions.MAX_LENGTH} characters.")
    if names.normalize(name or "") != filename.project:
        raise UploadRefused(
            f"{says} says project {(name or '')[:200]!r}, the filename {filename.project!r}."
        )
    if versions.canonical(version or "") != versions.canonical(filename.version):
        raise UploadRefused(f"{says} says version {version!r}, the filename {filename.version!r}.")
