"""Whether a name is this index's own."""

from sqlalchemy import bindparam, select

from pypi_web.data import Project, Release
from pypi_web.data.session import Database

HAS_RELEASE = select(Release.id).where(Release.project_id == Project.id).exists()
"""A project without one is a name that is claimed."""

_HOSTED = select(Project.id).where(Project.normalized_name == bindparam("name"))


def is_hosted(db: Database, normalized_name: str) -> bool:
    """Whether upstream's project of a name is never shown, whatever of it is here."""
    return db.execute(_HOSTED, {"name": normalized_name}).first() is not None
