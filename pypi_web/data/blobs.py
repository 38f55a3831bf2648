"""Which bytes of the storage some row names, be it a hosted file's or a mirrored one's."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select, union

from pypi_web.data.files import File
from pypi_web.data.mirror import MirroredFile
from pypi_web.data.session import Database


def find_named(db: Database, digests: Collection[str]) -> set[str]:
    """Those of the SHA-256 digests that a row names as bytes which are here."""
    named: Any = db.execute(
        union(
            select(File.sha256).where(File.sha256.in_(digests), File.is_stored),
            select(File.metadata_sha256).where(File.metadata_sha256.in_(digests)),
            select(MirroredFile.sha256).where(
                MirroredFile.sha256.in_(digests), MirroredFile.is_kept
            ),
            select(MirroredFile.metadata_sha256).where(MirroredFile.metadata_sha256.in_(digests)),
        )
    )
    return set(named.scalars())
