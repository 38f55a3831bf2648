"""READMEs that an older renderer has rendered, for tests that need some."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import Description, Project, Release
from pypi_web.projects import releases
from pypi_web.readmes import RENDERER

OLD_HTML = "<p>what an older renderer <blink>let through</blink></p>"


def add_readme(
    db: Session,
    name: str,
    source: str = "# The *heading*",
    *,
    content_type: str | None = "text/markdown",
    renderer: str = "an older renderer",
) -> int:
    """A project with a release and its README; gives the release's id."""
    project = Project(name=name, normalized_name=name)
    db.add(project)
    db.flush()
    release = Release(project_id=project.id, **releases.version_columns("1.0"))
    db.add(release)
    db.flush()
    db.add(
        Description(
            release_id=release.id,
            source=source,
            content_type=content_type,
            html=OLD_HTML,
            renderer=renderer,
        )
    )
    db.commit()
    return release.id


def list_readmes(db: Session) -> list[tuple[str, bool]]:
    """The HTML of each README, and whether the renderer of now is said to have made it."""
    db.rollback()
    rows = db.execute(
        select(Description.html, Description.renderer).order_by(Description.release_id)
    )
    return [(html, renderer == RENDERER) for html, renderer in rows]
