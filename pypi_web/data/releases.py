"""Releases with their core metadata: what a project's page shows and installers resolve by."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from pypi_web import clock
from pypi_web.data.base import BigId, SQLAlchemyBase, key, one_of
from pypi_web.data.projects import Project


class DependencyKind(StrEnum):
    """The fields of core metadata that name other projects or programs."""

    REQUIRES_DIST = "requires_dist"
    REQUIRES_EXTERNAL = "requires_external"
    PROVIDES_DIST = "provides_dist"
    OBSOLETES_DIST = "obsoletes_dist"
    REQUIRES = "requires"
    PROVIDES = "provides"
    OBSOLETES = "obsoletes"


class Release(SQLAlchemyBase):
    """`version` is as first published; `1.0` and `1.0.0` share a `canonical_version`."""

    __tablename__ = "releases"
    __table_args__ = (
        UniqueConstraint("project_id", "canonical_version"),
        Index("ix_releases_newest_of_project", "project_id", "yanked", "is_prerelease", "sort_key"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("projects.id", ondelete="CASCADE"))
    version: Mapped[str] = mapped_column(String(128))
    canonical_version: Mapped[str] = mapped_column(key(128))
    sort_key: Mapped[bytes] = mapped_column(LargeBinary)
    is_prerelease: Mapped[bool]
    yanked: Mapped[bool] = mapped_column(default=False)
    yanked_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now, index=True)

    metadata_version: Mapped[str | None] = mapped_column(String(8))
    summary: Mapped[str | None] = mapped_column(Text)
    keywords: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    author_email: Mapped[str | None] = mapped_column(Text)
    maintainer: Mapped[str | None] = mapped_column(Text)
    maintainer_email: Mapped[str | None] = mapped_column(Text)
    license: Mapped[str | None] = mapped_column(Text)
    license_expression: Mapped[str | None] = mapped_column(Text)
    home_page: Mapped[str | None] = mapped_column(Text)
    download_url: Mapped[str | None] = mapped_column(Text)
    requires_python: Mapped[str | None] = mapped_column(Text)
    platforms: Mapped[list[str]] = mapped_column(default=list)
    license_files: Mapped[list[str]] = mapped_column(default=list)
    provides_extra: Mapped[list[str]] = mapped_column(default=list)
    dynamic: Mapped[list[str]] = mapped_column(default=list)
    import_names: Mapped[list[str]] = mapped_column(default=list)
    import_namespaces: Mapped[list[str]] = mapped_column(default=list)

    project: Mapped[Project] = relationship()


class Description(SQLAlchemyBase):
    """A release's README: as it was written, and as the page shows it; `problem` is a sentence on
    why that is but its text."""

    __tablename__ = "descriptions"

    release_id: Mapped[int] = mapped_column(
        ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    source: Mapped[str] = mapped_column(Text)
    content_type: Mapped[str | None] = mapped_column(String(128))
    html: Mapped[str] = mapped_column(Text)
    problem: Mapped[str | None] = mapped_column(Text)
    renderer: Mapped[str] = mapped_column(String(64))


class Dependency(SQLAlchemyBase):
    """One value of one field; `normalized_name` is the project's, where the value names one."""

    __tablename__ = "dependencies"

    release_id: Mapped[int] = mapped_column(
        ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[DependencyKind] = mapped_column(
        one_of(DependencyKind, name="kind"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    specifier: Mapped[str] = mapped_column(Text)
    normalized_name: Mapped[str | None] = mapped_column(key(128))


class ProjectURL(SQLAlchemyBase):
    __tablename__ = "project_urls"

    release_id: Mapped[int] = mapped_column(
        ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)


class Classifier(SQLAlchemyBase):
    """A classifier that a release has, or that is one of the trove (`is_trove`)."""

    __tablename__ = "classifiers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    text: Mapped[str] = mapped_column(key(256), unique=True)
    is_trove: Mapped[bool] = mapped_column(default=False, server_default=false())


class ReleaseClassifier(SQLAlchemyBase):
    __tablename__ = "release_classifiers"

    release_id: Mapped[int] = mapped_column(
        ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True
    )
    classifier_id: Mapped[int] = mapped_column(
        ForeignKey("classifiers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
