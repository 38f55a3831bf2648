"""Core metadata of a distribution, read and checked (the "Core metadata specifications")."""

from dataclasses import dataclass
from email.errors import MessageError
from typing import Any

from packaging.metadata import InvalidMetadata, Metadata, parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from pypi_web.standards import metadata_headers

_BEFORE_LICENSE_FILE = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3")

_HINTS = {
    "license-expression": ": write an SPDX expression such as MIT or Apache-2.0",
    "metadata-version": ": there are 1.0 to 2.6",
    "requires-dist": ": write it as NAME>=1.2",
    "requires-python": ": write it as >=3.9",
}
"""What to write instead, by the field."""


class InvalidCoreMetadata(ValueError):
    """The metadata breaks the specification; the message names each field and why."""


@dataclass(frozen=True, kw_only=True)
class CoreMetadata:
    """The fields, by the specification's names; what is absent is None or empty."""

    metadata_version: str
    name: str
    version: str
    summary: str | None = None
    description: str | None = None
    description_content_type: str | None = None
    keywords: str | None = None
    author: str | None = None
    author_email: str | None = None
    maintainer: str | None = None
    maintainer_email: str | None = None
    license: str | None = None
    license_expression: str | None = None
    home_page: str | None = None
    download_url: str | None = None
    requires_python: str | None = None
    platforms: tuple[str, ...] = ()
    license_files: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()
    import_namespaces: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    project_urls: tuple[tuple[str, str], ...] = ()
    requires_dist: tuple[str, ...] = ()
    requires_external: tuple[str, ...] = ()
    provides_dist: tuple[str, ...] = ()
    obsoletes_dist: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()
    obsoletes: tuple[str, ...] = ()


def parse(content: bytes) -> CoreMetadata:
    """Reads the METADATA of a wheel or the PKG-INFO of a source distribution.

    Raises InvalidCoreMetadata.
    """
    try:
        found = _read(content)
    except ExceptionGroup as group:
        raise InvalidCoreMetadata(" ".join(_sentences(group))) from None
    except (MessageError, UnicodeError, ValueError, RecursionError) as error:
        raise InvalidCoreMetadata(f"It cannot be read: {str(error).rstrip('.')}.") from None
    return _collect(found)


def parse_what_can_be(content: bytes) -> CoreMetadata:
    """What is good of metadata that others let in: the fields that break the specification are left
    out, and name and version are empty where they do.

    Raises InvalidCoreMetadata where nothing of it can be read.
    """
    try:
        metadata_headers.check(content)
        raw, _ = parse_email(content)
        return _collect(_Lenient(Metadata.from_raw(raw, validate=False)))
    except (MessageError, UnicodeError, ValueError, RecursionError) as error:
        raise InvalidCoreMetadata(f"It cannot be read: {str(error).rstrip('.')}.") from None


class _Lenient:
    """Metadata whose fields are looked at one by one, as if the bad ones were absent."""

    def __init__(self, found: Metadata) -> None:
        self._found = found

    def __getattr__(self, field: str) -> Any:
        try:
            return getattr(self._found, field)
        except InvalidMetadata:
            return None


def _collect(found: Metadata | _Lenient) -> CoreMetadata:
    def many(values: object) -> tuple[str, ...]:
        return tuple(str(value) for value in values or ())  # type: ignore[attr-defined]

    return CoreMetadata(
        metadata_version=str(found.metadata_version or ""),
        name=found.name or "",
        version=str(found.version or ""),
        summary=_text(found.summary),
        description=found.description or None,
        description_content_type=_text(found.description_content_type),
        keywords=", ".join(found.keywords) if found.keywords else None,
        author=_text(found.author),
        author_email=_text(found.author_email),
        maintainer=_text(found.maintainer),
        maintainer_email=_text(found.maintainer_email),
        license=_text(found.license),
        license_expression=_text(found.license_expression),
        home_page=_text(found.home_page),
        download_url=_text(found.download_url),
        requires_python=str(found.requires_python) if found.requires_python else None,
        platforms=tuple(each for each in many(found.platforms) if each != "UNKNOWN"),
        license_files=many(found.license_files),
        provides_extra=many(found.provides_extra),
        dynamic=many(found.dynamic),
        import_names=many(found.import_names),
        import_namespaces=many(found.import_namespaces),
        classifiers=tuple(dict.fromkeys(many(found.classifiers))),
        project_urls=tuple((found.project_urls or {}).items()),
        requires_dist=many(found.requires_dist),
        requires_external=many(found.requires_external),
        provides_dist=many(found.provides_dist),
        obsoletes_dist=many(found.obsoletes_dist),
        requires=many(found.requires),
        provides=many(found.provides),
        obsoletes=many(found.obsoletes),
    )


def _read(content: bytes) -> Metadata:
    metadata_headers.check(content)
    raw, unparsed = parse_email(content)
    if unparsed:
        if "description" in unparsed:
            raise ValueError("the description is not UTF-8, or there are two")
        fields = ", ".join(sorted(unparsed))[:200]
        raise ValueError(f"these fields are unknown, repeated or no text: {fields}")
    if raw.get("metadata_version") == "2.0":
        # What setuptools called 2.1 before PEP 566 had given it that number.
        raw["metadata_version"] = "2.1"
    if raw.get("metadata_version") in _BEFORE_LICENSE_FILE:
        # setuptools wrote the field for years before a version of the metadata had it.
        raw.pop("license_files", None)
        if "dynamic" in raw:
            raw["dynamic"] = [each for each in raw["dynamic"] if each != "license-file"]
    return Metadata.from_raw(raw, validate=True)


def required_project(requirement: str) -> str | None:
    """The normalised name of the project that a requirement names, None where it cannot be read."""
    try:
        return canonicalize_name(Requirement(requirement).name)
    except (InvalidRequirement, RecursionError):
        return None


def _text(value: object) -> str | None:
    """`UNKNOWN` is what old tools wrote for nothing."""
    text = "" if value is None else str(value).strip()
    return text if text and text != "UNKNOWN" else None


def _sentences(group: BaseExceptionGroup) -> list[str]:
    sentences = []
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            sentences.extend(_sentences(error))
        else:
            hint = _HINTS.get(getattr(error, "field", ""), "")
            sentences.append(f"{str(error).rstrip('.')}{hint}.")
    return sentences
