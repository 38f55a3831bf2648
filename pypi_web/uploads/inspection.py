"""Judges an upload by itself, before anyone looks at the database."""

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cached_property

from pypi_web import archives
from pypi_web.archives import Contents
from pypi_web.data import Classifier, Description, TakenFilename
from pypi_web.settings import Settings
from pypi_web.standards import (
    core_metadata,
    filenames,
    metadata_rules,
    names,
    versions,
    wheel_tags,
)
from pypi_web.standards.core_metadata import CoreMetadata, InvalidCoreMetadata
from pypi_web.standards.filenames import Filename, InvalidFilename, PackageType
from pypi_web.uploads import protocol
from pypi_web.uploads.forms import ReceivedFile, UploadForm
from pypi_web.uploads.refusal import UploadRefused

MAX_VALUES = 1_000
"""Values of one field of core metadata, such as the requirements of a release."""

MAX_FIELD = 200_000
"""Characters of one field of core metadata, its values together; the description apart."""

_AGREE = "give the file the name that it was built with, or build it again."

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

    @cached_property
    def metadata_sha256(self) -> str | None:
        """The digest of the metadata that installers may fetch alone: a wheel's (PEP 658)."""
        if self.filename.package_type is not PackageType.WHEEL:
            return None
        return hashlib.sha256(self.raw_metadata).hexdigest()


def inspect(form: UploadForm, settings: Settings) -> Upload:
    """The upload that a form holds; raises UploadRefused where a rule is broken.

    The archive is the truth: a form that names another project or version is refused, whatever
    else it says is passed over.
    """
    file = protocol.check(form)
    filename = _check_filename(form, file, settings)
    contents = _read_archive(file, filename)
    metadata = _check_metadata(filename, contents, settings)
    return Upload(file, filename, metadata, contents.raw_metadata)


def _check_filename(form: UploadForm, file: ReceivedFile, settings: Settings) -> Filename:
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
    exact = filenames.exact_spelling(filename)
    if filename.text != exact and settings.upload_exact_filenames:
        how = (
            "rename it, for nothing in a wheel says its file's name"
            if filename.package_type is PackageType.WHEEL
            else "build it with a newer version of your build tool"
        )
        raise UploadRefused(
            f"{filename.text} is not spelled as PEP 625, 427 and 425 ask. It should be {exact}:"
            f" {how} (setting pypi_web.upload_exact_filenames)."
        )
    _check_platforms(filename, settings)
    return filename


def _check_platforms(filename: Filename, settings: Settings) -> None:
    for platform in filename.platforms:
        if wheel_tags.is_malformed(platform):
            raise UploadRefused(
                f"{platform[:80]!r} in {filename.text} is no platform that a wheel can be for."
            )
        if not (wheel_tags.promises(platform) or settings.upload_local_platforms):
            raise UploadRefused(
                f"This index takes no wheels for {platform[:80]!r}, which does not say what they"
                " run on: repair it with auditwheel to a manylinux or musllinux platform"
                " (setting pypi_web.upload_local_platforms)."
            )


def _read_archive(file: ReceivedFile, filename: Filename) -> Contents:
    try:
        return archives.read(file.content, filename)
    except archives.ArchiveRefused as error:
        raise UploadRefused(str(error)) from None


def _check_metadata(filename: Filename, contents: Contents, settings: Settings) -> CoreMetadata:
    where = f"The metadata in {filename.text}"
    if b"\x00" in contents.raw_metadata:
        raise UploadRefused(f"{where} is invalid: it holds a zero byte.")
    try:
        metadata = core_metadata.parse(contents.raw_metadata)
    except InvalidCoreMetadata as error:
        raise UploadRefused(f"{where} is invalid: {error}") from None
    _check_same_project(metadata.name, metadata.version, filename, where)
    if not names.is_valid(metadata.name) or len(metadata.name) > names.MAX_LENGTH:
        raise UploadRefused(f"{metadata.name[:200]!r} cannot name a project.")
    _check_lengths(metadata)
    problems = list(metadata_rules.find_problems(metadata))
    if problems:
        raise UploadRefused(f"{where} is invalid: {' '.join(problems)}")
    _check_choices(metadata, settings)
    for path in metadata.license_files:
        if not contents.has_license_file(path):
            raise UploadRefused(
                f"{where} names the License-File {path[:200]!r}, which is not where it belongs"
                " (PEP 639): build it again with the file."
            )
    return metadata


def _check_choices(metadata: CoreMetadata, settings: Settings) -> None:
    """What an index on the open internet takes from no one, and a private one may need."""
    if not settings.upload_local_versions and metadata_rules.has_local_version(metadata):
        raise UploadRefused(
            f"This index takes no local versions: publish {metadata.version.partition('+')[0]}"
            f" instead of {metadata.version} (setting pypi_web.upload_local_versions)."
        )
    if not settings.upload_direct_urls and (found := metadata_rules.direct_urls(metadata)):
        raise UploadRefused(
            f"The requirement {found[0][:200]!r} names an address: this index takes names and"
            " versions only (setting pypi_web.upload_direct_urls)."
        )


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
            f"{says} says project {(name or '')[:200]!r}, the filename {filename.project!r}:"
            f" {_AGREE}"
        )
    if versions.canonical(version or "") != versions.canonical(filename.version):
        raise UploadRefused(
            f"{says} says version {version!r}, the filename {filename.version!r}: {_AGREE}"
        )
