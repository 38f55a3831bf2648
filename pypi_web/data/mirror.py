"""What another index has said and sent, of projects that are not hosted here."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from pypi_web.data.base import BigId, SQLAlchemyBase, key


class MirroredProject(SQLAlchemyBase):
    """A project as upstream had it when it was last asked.

    `page` is what standards.upstream_pages writes, None where upstream has no such project, and
    `was_found` whether it ever had. What another `upstream` said, by its address, is as good as
    nothing.
    """

    __tablename__ = "mirrored_projects"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    normalized_name: Mapped[str] = mapped_column(key(128), unique=True)
    upstream: Mapped[str] = mapped_column(Text)
    page: Mapped[bytes | None] = mapped_column(LargeBinary)
    was_found: Mapped[bool] = mapped_column(default=False)
    etag: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]


class MirroredFile(SQLAlchemyBase):
    """A file of upstream's whose bytes or metadata are here; digests are lower-case hex."""

    __tablename__ = "mirrored_files"
    __table_args__ = (UniqueConstraint("filename", "sha256"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    normalized_name: Mapped[str] = mapped_column(key(128), index=True)
    filename: Mapped[str] = mapped_column(key(255))
    sha256: Mapped[str] = mapped_column(key(64), index=True)
    size: Mapped[int] = mapped_column(BigInteger)
    is_kept: Mapped[bool]
    metadata_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    used_at: Mapped[datetime]


class MirrorLease(SQLAlchemyBase):
    """Who fetches something from upstream just now, so that nobody else does; one that has run out
    is anybody's."""

    __tablename__ = "mirror_leases"

    name: Mapped[str] = mapped_column(key(255), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]
