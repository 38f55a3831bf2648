"""Files of releases, the names that were ever taken, and how often each was downloaded."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key
from pypi_web.data.releases import Release


class TakenFilename(SQLAlchemyBase):
    """A name that a file has or had: it stays taken when the file is deleted."""

    __tablename__ = "taken_filenames"

    filename: Mapped[str] = mapped_column(key(255), primary_key=True)


class File(SQLAlchemyBase):
    """A distribution; digests are lower-case hex.

    A file whose bytes are not here (`is_stored` is false) has the address where they were.
    """

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("is_stored OR upstream_url IS NOT NULL", name="bytes_are_somewhere"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    release_id: Mapped[int] = mapped_column(
        ForeignKey("releases.id", ondelete="CASCADE"), index=True
    )
    filename: Mapped[str] = mapped_column(ForeignKey("taken_filenames.filename"), unique=True)
    package_type: Mapped[str] = mapped_column(String(32))
    python_tag: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(key(64), index=True)
    blake2b_256: Mapped[str | None] = mapped_column(String(64))
    md5: Mapped[str | None] = mapped_column(String(32))
    requires_python: Mapped[str | None] = mapped_column(Text)
    metadata_sha256: Mapped[str | None] = mapped_column(String(64), index=True)
    uploaded_at: Mapped[datetime] = mapped_column(default=clock.now)
    uploader_id: Mapped[int | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )
    is_stored: Mapped[bool] = mapped_column(default=True)
    upstream_url: Mapped[str | None] = mapped_column(Text)

    release: Mapped[Release] = relationship()


class DownloadCount(SQLAlchemyBase):
    """How often a file was downloaded on a day (UTC)."""

    __tablename__ = "download_counts"

    file_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("files.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    day: Mapped[date] = mapped_column(primary_key=True)
    downloads: Mapped[int] = mapped_column(BigInteger)
