"""The Simple repository API 1.4: its values, and one serialiser a format.

Sources: PEP 503 (HTML), 592 (yanks), 629 (version), 658 and 714 (metadata files), 691 (JSON),
700 (sizes, times, versions), 792 (status), 833 (HTML frozen at 1.4).
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from html import escape

from pypi_web.standards.moments import to_iso

API_VERSION = "1.4"

HTML_VERSION = "1.4"
"""That of HTML stays, whatever JSON goes on to (PEP 833)."""

ACTIVE = "active"
"""The status of a project of which nothing else is said (PEP 792)."""


class Format(StrEnum):
    """The media types of an answer, the richest first."""

    JSON = "application/vnd.pypi.simple.v1+json"
    HTML = "application/vnd.pypi.simple.v1+html"
    PLAIN_HTML = "text/html"


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    """One file that an installer may choose; `url` is relative to the project's page.

    `yanked` is None for a file that is not, else the reason, which may be empty. Size and time are
    None where another index, whose file it is, does not tell them.
    """

    filename: str
    url: str
    sha256: str
    size: int | None
    uploaded_at: datetime | None
    requires_python: str | None = None
    yanked: str | None = None
    metadata_sha256: str | None = None
    has_metadata: bool = False
    """Where another index offers metadata, maybe without its digest."""
    provenance: str | None = None
    """The address of what attests where the file comes from (PEP 740), where somebody does."""


@dataclass(frozen=True, kw_only=True)
class ProjectPage:
    """All that an installer is told of a project; `serial` moves when any of it changes.

    `status` is one of PEP 792's, with the reason for it where somebody gave one.
    """

    name: str
    serial: int
    versions: tuple[str, ...]
    files: tuple[ProjectFile, ...]
    status: str = ACTIVE
    status_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class ListedProject:
    name: str
    serial: int


@dataclass(frozen=True, kw_only=True)
class ProjectList:
    """All projects by their normalised names, in order."""

    serial: int
    projects: tuple[ListedProject, ...]


def page_to_json(page: ProjectPage) -> bytes:
    return _json(
        {
            "meta": {"api-version": API_VERSION, "_last-serial": page.serial},
            "name": page.name,
            "project-status": _status_to_json(page),
            "versions": list(page.versions),
            "files": [_file_to_json(file) for file in page.files],
        }
    )


def list_to_json(projects: ProjectList) -> bytes:
    return _json(
        {
            "meta": {"api-version": API_VERSION, "_last-serial": projects.serial},
            "projects": [
                {"name": each.name, "_last-serial": each.serial} for each in projects.projects
            ],
        }
    )


def page_to_html(page: ProjectPage) -> bytes:
    links = "\n".join(f"    {_file_to_html(file)}<br>" for file in page.files)
    title = f"Links for {page.name}"
    return _html(title, f"    <h1>{escape(title)}</h1>\n{links}", metas=_status_to_metas(page))


def list_to_html(projects: ProjectList) -> bytes:
    links = "\n".join(
        f'    <a href="{escape(each.name)}/">{escape(each.name)}</a><br>'
        for each in projects.projects
    )
    return _html("Simple index", links)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _html(title: str, body: str, *, metas: dict[str, str] | None = None) -> bytes:
    named = {"pypi:repository-version": HTML_VERSION, **(metas or {})}
    written = "".join(
        f'    <meta name="{name}" content="{escape(content)}">\n' for name, content in named.items()
    )
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n  <head>\n    <meta charset="utf-8">\n{written}'
        f"    <title>{escape(title)}</title>\n  </head>\n  <body>\n{body}\n  </body>\n</html>\n"
    ).encode()


def _status_to_json(page: ProjectPage) -> dict[str, str]:
    """Told of every project, so that nobody has to know what silence means; a reason that is not
    there is left out, since uv ends at a null."""
    status = {"status": page.status}
    if page.status_reason:
        status["reason"] = page.status_reason
    return status


def _status_to_metas(page: ProjectPage) -> dict[str, str]:
    if page.status == ACTIVE:
        return {}
    metas = {"pypi:project-status": page.status}
    if page.status_reason:
        metas["pypi:project-status-reason"] = page.status_reason
    return metas


def _file_to_json(file: ProjectFile) -> dict[str, object]:
    # False is what 714 says of a file without metadata; an absent yank is false by 592.
    metadata: object = (
        {"sha256": file.metadata_sha256} if file.metadata_sha256 else file.has_metadata
    )
    value: dict[str, object] = {
        "filename": file.filename,
        "url": file.url,
        "hashes": {"sha256": file.sha256},
        "yanked": False if file.yanked is None else file.yanked or True,
        "core-metadata": metadata,
        "dist-info-metadata": metadata,
    }
    if file.size is not None:
        value["size"] = file.size
    if file.uploaded_at is not None:
        value["upload-time"] = to_iso(file.uploaded_at)
    if file.requires_python:
        value["requires-python"] = file.requires_python
    if file.provenance is not None:
        value["provenance"] = file.provenance
    return value


def _file_to_html(file: ProjectFile) -> str:
    attributes = {"href": f"{file.url}#sha256={file.sha256}"}
    if file.requires_python:
        attributes["data-requires-python"] = file.requires_python
    if file.metadata_sha256 or file.has_metadata:
        offered = f"sha256={file.metadata_sha256}" if file.metadata_sha256 else "true"
        attributes["data-core-metadata"] = offered
        attributes["data-dist-info-metadata"] = offered
    if file.provenance is not None:
        attributes["data-provenance"] = file.provenance
    if file.yanked is not None:
        attributes["data-yanked"] = file.yanked
    written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
    return f"<a {written}>{escape(file.filename)}</a>"


@dataclass(frozen=True)
class Serialiser:
    """How both kinds of page are written in a format."""

    page: Callable[[ProjectPage], bytes]
    project_list: Callable[[ProjectList], bytes]


SERIALISERS = {
    Format.JSON: Serialiser(page_to_json, list_to_json),
    Format.HTML: Serialiser(page_to_html, list_to_html),
    Format.PLAIN_HTML: Serialiser(page_to_html, list_to_html),
}
