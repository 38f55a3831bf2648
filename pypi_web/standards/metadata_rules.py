"""What the specifications ask of core metadata beyond what `packaging.metadata` checks."""

from collections.abc import Iterator

from packaging.version import Version

from pypi_web.standards.core_metadata import CoreMetadata

MAX_LABEL = 32
"""The longest label of a project's URL, in characters ("Core metadata", Project-URL)."""


def find_problems(metadata: CoreMetadata) -> Iterator[str]:
    """A sentence for each rule that is broken, naming the field."""
    if metadata.license and metadata.license_expression:
        yield "License and License-Expression exclude each other: keep the second (PEP 639)."
    yield from _twice_named_imports(metadata)
    yield from _ambiguous_extras(metadata)
    for label, url in metadata.project_urls:
        if not label or not url:
            yield f"Project-URL {f'{label}, {url}'[:80]!r} lacks its label or its address."
        elif len(label) > MAX_LABEL:
            yield (
                f"The label of Project-URL {label[:80]!r} is longer than {MAX_LABEL} characters."
            )


def direct_urls(metadata: CoreMetadata) -> list[str]:
    """The requirements that name an address rather than versions (`NAME @ URL`, PEP 440)."""
    return [each for each in metadata.requires_dist if " @ " in each.partition(";")[0]]


def has_local_version(metadata: CoreMetadata) -> bool:
    """Whether the version has a local part (`1.0+cu118`, PEP 440)."""
    return Version(metadata.version).local is not None


def _twice_named_imports(metadata: CoreMetadata) -> Iterator[str]:
    names, namespaces = (
        {each.partition(";")[0].strip() for each in field}
        for field in (metadata.import_names, metadata.import_namespaces)
    )
    for name in sorted(names & namespaces):
        yield f"{name[:80]!r} is both an Import-Name and an Import-Namespace (PEP 794)."


def _ambiguous_extras(metadata: CoreMetadata) -> Iterator[str]:
    """From 2.3 on two spellings of one extra are an error (PEP 685)."""
    if Version(metadata.metadata_version) < Version("2.3"):
        return
    seen = set()
    for extra in metadata.provides_extra:
        if extra in seen:
            yield f"Provides-Extra names {extra[:80]!r} twice, perhaps spelled otherwise (PEP 685)."
        seen.add(extra)
