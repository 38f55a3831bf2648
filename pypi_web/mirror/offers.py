"""A page of upstream's as this index tells it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select

from pypi_web import clock
from pypi_web.data import MirroredFile
from pypi_web.data.session import reading
from pypi_web.mirror import Mirror, rules
from pypi_web.mirror.pages import KnownPage
from pypi_web.standards import addresses, distribution_names, versions
from pypi_web.standards.simple_api import ProjectFile, ProjectPage
from pypi_web.standards.upstream_pages import UpstreamFile


@dataclass(frozen=True)
class OfferedPage:
    """What installers are told; `tag` is another for each other page, and `stands_until` when it
    has to be looked at again."""

    page: ProjectPage
    tag: str
    stands_until: datetime


def find_page(mirror: Mirror, normalized_name: str, *, to_root: str) -> OfferedPage | None:
    """The page of a project that is not hosted here; None where upstream has none either.

    Raises UpstreamUnavailable.
    """
    engine, settings = mirror.engine, mirror.settings
    known = mirror.pages.find(normalized_name)
    if known is None:
        return None
    now = clock.now()
    offer = rules.judge(settings, normalized_name, known.page, now)
    metadata = {} if _tells_metadata(offer) else _find_metadata(engine, normalized_name)
    page = ProjectPage(
        name=normalized_name,
        serial=known.page.last_serial or 1,
        versions=_versions_of(known, offer),
        files=tuple(_tell(each, metadata, to_root) for each in offer.files),
        status=known.page.status,
        status_reason=known.page.status_reason,
    )
    changes = rules.next_change(settings, normalized_name, known.page, now)
    moments = [mirror.pages.fresh_until(known), *([changes] if changes else [])]
    return OfferedPage(page, _tag(known, offer, metadata), min(moments))


def _tells_metadata(offer: rules.Offer) -> bool:
    """Whether upstream tells the digest of each wheel's metadata: nothing is added to that."""
    wheels = (each for each in offer.files if each.filename.endswith(".whl"))
    return all(each.metadata and each.metadata.sha256 for each in wheels)


def _find_metadata(engine: Engine, normalized_name: str) -> dict[tuple[str, str], str]:
    """The SHA-256 of metadata that is here, by filename and SHA-256 of the file."""
    rows = select(MirroredFile.filename, MirroredFile.sha256, MirroredFile.metadata_sha256).where(
        MirroredFile.normalized_name == normalized_name, MirroredFile.metadata_sha256.is_not(None)
    )
    with reading(engine) as db:
        return {(row[0], row[1]): str(row[2]) for row in db.execute(rows)}


def _tell(file: UpstreamFile, metadata: dict[tuple[str, str], str], to_root: str) -> ProjectFile:
    sha256 = file.sha256
    here = metadata.get((file.filename, sha256))
    return ProjectFile(
        filename=file.filename,
        url=to_root + addresses.of_file(sha256, file.filename),
        sha256=sha256,
        size=file.size,
        uploaded_at=file.uploaded_at,
        requires_python=file.requires_python,
        yanked=file.yanked,
        provenance=file.provenance,
        metadata_sha256=here or (file.metadata.sha256 if file.metadata else None),
        has_metadata=here is not None or file.metadata is not None,
    )


def _versions_of(known: KnownPage, offer: rules.Offer) -> tuple[str, ...]:
    """Those of the files that are offered, and what upstream says beside where all of them are."""
    if known.page.versions is not None and not offer.reasons:
        return known.page.versions
    found = {distribution_names.split(each.filename)[1] for each in offer.files}
    return tuple(sorted(found, key=versions.sort_key))


def _tag(known: KnownPage, offer: rules.Offer, metadata: dict[tuple[str, str], str]) -> str:
    told = f"{known.tag} {len(offer.files)} {sorted(metadata.items())}"
    return f"u{hashlib.sha256(told.encode()).hexdigest()[:20]}"
