"""Documents of a catalogue, in the shape of `/pypi/<project>/json`, read without trusting them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pypi_web.projects.document_fields import (
    ABSENT,
    LATEST,
    Address,
    Classifiers,
    ContentType,
    FileName,
    Hex128,
    Hex256,
    Links,
    Moment,
    OptionalText,
    PackageType,
    ProjectName,
    PythonTag,
    Size,
    Source,
    Texts,
    VersionText,
)
from pypi_web.standards import versions
from pypi_web.standards.core_metadata import CoreMetadata

MAX_SIZE = 64 << 20
"""Bytes that a document may have; those of the largest projects have about half of it."""

TOO_LARGE = f"It is larger than {MAX_SIZE >> 20} MiB."


class InvalidDocument(ValueError):
    """The document is none, or something in it cannot be kept; the message says where and why."""


class _Model(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, hide_input_in_errors=True)


class Digests(_Model):
    """Digests of a file, in lower-case hex."""

    sha256: Hex256
    md5: Hex128 | None = None
    blake2b_256: Hex256 | None = None


class DocumentFile(_Model):
    """A file of a release, whose bytes are elsewhere."""

    filename: FileName
    packagetype: PackageType
    python_version: PythonTag = ""
    size: Size
    digests: Digests
    url: Address
    upload_time: Moment
    upload_time_iso_8601: Moment | None = None
    requires_python: OptionalText = None
    yanked: bool = False
    yanked_reason: OptionalText = None

    @property
    def uploaded_at(self) -> datetime:
        return self.upload_time_iso_8601 or self.upload_time


class _Info(_Model):
    name: ProjectName
    version: VersionText
    summary: OptionalText = None
    description: Source = None
    description_content_type: ContentType = None
    keywords: OptionalText = None
    author: OptionalText = None
    author_email: OptionalText = None
    maintainer: OptionalText = None
    maintainer_email: OptionalText = None
    license: OptionalText = None
    license_expression: OptionalText = None
    home_page: OptionalText = None
    download_url: OptionalText = None
    platform: OptionalText = None
    requires_python: OptionalText = None
    license_files: Texts | None = None
    provides_extra: Texts | None = None
    dynamic: Texts | None = None
    requires_dist: Texts | None = None
    classifiers: Classifiers | None = None
    project_urls: Links | None = None


class _Document(_Model):
    info: _Info
    releases: Annotated[
        dict[VersionText, Annotated[list[DocumentFile], Field(fail_fast=True)]],
        Field(fail_fast=True),
    ]


@dataclass(frozen=True)
class DocumentRelease:
    """A release and its files; `spellings` has the versions that the document writes for it, of
    which `version` is that of its first upload."""

    version: str
    spellings: tuple[str, ...]
    created_at: datetime | None
    files: tuple[DocumentFile, ...]

    @property
    def is_yanked(self) -> bool:
        """Here a release is yanked as a whole: when the document yanks all of its files."""
        return bool(self.files) and all(file.yanked for file in self.files)

    @property
    def yanked_reason(self) -> str | None:
        reasons = (file.yanked_reason for file in self.files if file.yanked_reason)
        return next(reasons, None) if self.is_yanked else None


@dataclass(frozen=True)
class DocumentProject:
    """What a document says: a project, its releases, oldest version first, and the metadata of
    one of them. `created_at` is None where no release has a file."""

    name: str
    created_at: datetime | None
    releases: tuple[DocumentRelease, ...]
    metadata: CoreMetadata


def read(content: bytes) -> DocumentProject:
    """The project of a document; raises InvalidDocument."""
    if len(content) > MAX_SIZE:
        raise InvalidDocument(TOO_LARGE)
    try:
        document = _Document.model_validate_json(content)
    except ValidationError as error:
        raise InvalidDocument(_explain(error)) from None
    files = [file for files in document.releases.values() for file in files]
    return DocumentProject(
        name=document.info.name,
        created_at=min((file.uploaded_at for file in files), default=None),
        releases=_releases(document),
        metadata=_metadata(document.info),
    )


def _releases(document: _Document) -> tuple[DocumentRelease, ...]:
    """The releases that a document writes, those with one canonical version joined."""
    written: dict[str, list[str]] = {}
    for version in dict.fromkeys((*document.releases, document.info.version)):
        written.setdefault(versions.canonical(version), []).append(version)
    releases = [_release(document, spellings) for spellings in written.values()]
    releases.sort(key=lambda release: versions.sort_key(release.version))
    return tuple(releases)


def _release(document: _Document, spellings: list[str]) -> DocumentRelease:
    def first_upload(spelling: str) -> datetime:
        files = document.releases.get(spelling, ())
        return min((file.uploaded_at for file in files), default=LATEST)

    files = tuple(file for spelling in spellings for file in document.releases.get(spelling, ()))
    return DocumentRelease(
        version=min(spellings, key=first_upload),
        spellings=tuple(spellings),
        created_at=min((file.uploaded_at for file in files), default=None),
        files=files,
    )


def _metadata(info: _Info) -> CoreMetadata:
    fields: dict[str, Any] = {
        name: _many(value) if isinstance(value, list) else value
        for name, value in info
        if value is not None and name not in ("platform", "project_urls")
    }
    return CoreMetadata(
        metadata_version="",  # a document does not say
        platforms=_many([info.platform]),
        project_urls=tuple((label, url) for label, url in (info.project_urls or {}).items() if url),
        **fields,
    )


def _many(texts: list[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text and text not in ABSENT))


def _explain(error: ValidationError) -> str:
    """The first thing that is wrong, as a sentence."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(str(part) for part in first["loc"] if part != "[key]")
    reason = first["msg"].removeprefix("Value error, ")
    return f"{_shown(where)}: {reason}." if where else f"{reason}."


def _shown(text: str) -> str:
    """A stranger's text as a terminal may show it."""
    return "".join(
        each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:200]
    )
