"""The JSON API of projects: its values and its serialiser.

No standard has it. What is written here is what the API that it is named for has written for years
(Warehouse, docs/user/api/json.md), and what bandersnatch 8 needs of that.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from pypi_web.standards import addresses
from pypi_web.standards.core_metadata import CoreMetadata
from pypi_web.standards.moments import to_iso


@dataclass(frozen=True, kw_only=True)
class DocumentFile:
    """A file that is offered; digests are lower-case hex."""

    filename: str
    package_type: str
    python_tag: str
    size: int
    sha256: str
    blake2b_256: str | None
    md5: str | None
    requires_python: str | None
    metadata_sha256: str | None
    uploaded_at: datetime


@dataclass(frozen=True, kw_only=True)
class DocumentRelease:
    """A release and the files of it that are offered; it is yanked as a whole (PEP 592)."""

    version: str
    yanked: bool
    yanked_reason: str | None
    files: tuple[DocumentFile, ...]


@dataclass(frozen=True, kw_only=True)
class Document:
    """All that is told of a project and of one of its releases.

    `metadata` is that of `release`; `releases` has all of the project's, oldest first, or is None
    in the form that tells of one alone. `roles` are names of roles and of users.
    """

    name: str
    normalized_name: str
    serial: int
    metadata: CoreMetadata
    release: DocumentRelease
    releases: tuple[DocumentRelease, ...] | None
    roles: tuple[tuple[str, str], ...]


def document_to_json(document: Document, *, root: str) -> bytes:
    """The document as JSON; `root` is the site's address, with a slash behind it."""
    value = {
        "info": _info(document, root),
        "last_serial": document.serial,
        "ownership": {
            "organization": None,
            "roles": [{"role": role.title(), "user": user} for role, user in document.roles],
        },
        "urls": _files(document.release, root),
        "vulnerabilities": [],
    }
    if document.releases is not None:
        value["releases"] = {each.version: _files(each, root) for each in document.releases}
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _info(document: Document, root: str) -> dict[str, object]:
    metadata, release = document.metadata, document.release
    page = root + addresses.of_project(document.normalized_name)
    return {
        "author": metadata.author,
        "author_email": metadata.author_email,
        "bugtrack_url": None,
        "classifiers": list(metadata.classifiers),
        "description": metadata.description or "",
        "description_content_type": metadata.description_content_type,
        "docs_url": None,
        "download_url": metadata.download_url,
        "downloads": {"last_day": -1, "last_month": -1, "last_week": -1},
        "dynamic": _list(metadata.dynamic),
        "home_page": metadata.home_page,
        "keywords": metadata.keywords,
        "license": metadata.license,
        "license_expression": metadata.license_expression,
        "license_files": _list(metadata.license_files),
        "maintainer": metadata.maintainer,
        "maintainer_email": metadata.maintainer_email,
        "name": document.name,
        "package_url": page,
        "platform": ", ".join(metadata.platforms) or None,
        "project_url": page,
        "project_urls": dict(metadata.project_urls) or None,
        "provides_extra": _list(metadata.provides_extra),
        "release_url": root + addresses.of_release(document.normalized_name, release.version),
        "requires_dist": _list(metadata.requires_dist),
        "requires_python": metadata.requires_python,
        "summary": metadata.summary,
        "version": release.version,
        "yanked": release.yanked,
        "yanked_reason": release.yanked_reason,
    }


def _list(texts: tuple[str, ...]) -> list[str] | None:
    return list(texts) or None


def _files(release: DocumentRelease, root: str) -> list[dict[str, object]]:
    return [_file(each, release, root) for each in release.files]


def _file(file: DocumentFile, release: DocumentRelease, root: str) -> dict[str, object]:
    moment = to_iso(file.uploaded_at)
    return {
        "comment_text": "",
        "core-metadata": {"sha256": file.metadata_sha256} if file.metadata_sha256 else False,
        "digests": {"blake2b_256": file.blake2b_256, "md5": file.md5, "sha256": file.sha256},
        "downloads": -1,
        "filename": file.filename,
        "has_sig": False,
        "md5_digest": file.md5,
        "packagetype": file.package_type,
        "python_version": file.python_tag,
        "requires_python": file.requires_python,
        "size": file.size,
        "upload_time": moment.partition(".")[0],
        "upload_time_iso_8601": moment,
        "url": root + addresses.of_file_for_mirrors(file.sha256, file.filename),
        "yanked": release.yanked,
        "yanked_reason": release.yanked_reason,
    }
