"""Whether a name is this index's own."""

from sqlalchemy import Engine, bindparam, select

from pypi_web.data import Project
from pypi_web.data.session import reading

_HOSTED = select(Project.id).where(Project.normalized_name == bindparam("name"))


def is_hosted_now(engine: Engine, normalized_name: str) -> bool:
    """Asked again after upstream was waited for: somebody may have claimed the name meanwhile."""
    with reading(engine) as db:
        return db.execute(_HOSTED, {"name": normalized_name}).first() is not None
