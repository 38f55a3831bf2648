"""What is on the index that tests install from and that none of them changes."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url, update
from sqlalchemy.orm import Session

from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.data.session import make_engine, writing
from tests.distributions import build_sdist, build_wheel
from tests.people import Person, add_person
from tests.posting import post
from tests.servers import Server, running_server

PRODUCTION = Path(__file__).parents[2] / "production.ini"

LONG_AGO = datetime(2020, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
REASON = 'It loses <b>"data"</b> & más'

NEEDING = build_wheel("needing", "2.0", "Requires-Dist: needed>=1.1", "Requires-Python: >=3.8,<5")
NEEDED = build_wheel("needed", "1.1")
SOURCED = build_sdist("sourced", "1.0", "Requires-Python: >=3.8")
OLD = build_wheel("dated", "1.0")
NEW = build_wheel("dated", "2.0")
KEPT = build_wheel("withdrawn", "1.0")
YANKED = build_wheel("withdrawn", "2.0")
YANKED_SILENTLY = build_wheel("withdrawn", "3.0")
LOCAL = build_wheel("tuned", "1.0+cu118")
DEPRECATED = build_wheel("fading", "1.0")
QUARANTINED = build_wheel("suspected", "1.0")

UNINSTALLABLE = "Requires-Dist: needed>=99"
FILLING = {"filling.bin": bytes(100_000)}
TOLD = build_wheel("told", "2.0", UNINSTALLABLE, extra=FILLING)
UNTOLD = build_wheel("untold", "2.0", UNINSTALLABLE, extra=FILLING)
"""Large wheels that cannot be installed, as their metadata says: that of `told` is offered beside
the wheel (PEP 658), that of `untold` has to be looked for within. Of both there is an older release
that can be installed."""

ALL = (
    *(NEEDING, NEEDED, SOURCED, OLD, NEW, KEPT, YANKED, YANKED_SILENTLY, LOCAL),
    *(DEPRECATED, QUARANTINED, TOLD, UNTOLD),
    *(build_wheel("told", "1.0"), build_wheel("untold", "1.0")),
)


@contextmanager
def running_stock(folder: Path, migrated_sqlite: Path) -> Iterator[Server]:
    """A server with ALL on it, as `production.ini` has it but for who may read."""
    url = f"sqlite:///{shutil.copy(migrated_sqlite, folder / 'stock.sqlite')}"
    engine = make_engine(make_url(url))
    with Session(engine, expire_on_commit=False) as db:
        alice = add_person(db, "alice")
    with running_server(
        PRODUCTION,
        log=folder / "log",
        DATABASE_URL=url,
        PYPI_WEB_STORAGE=f"file://{folder}/files",
        PYPI_WEB_SECRET="a secret that only these tests know of",
        PYPI_WEB_ANONYMOUS_READ="true",
    ) as server:
        _publish(server, alice)
        with writing(engine) as db:
            _arrange(db)
        yield server
    engine.dispose()


def _publish(server: Server, who: Person) -> None:
    for dist in ALL:
        answer = post(server.port, who, dist)
        assert answer.status == 200, answer.body


def _arrange(db: Session) -> None:
    """What no client can do: to yank, to have been here for long, to lack metadata, and so on.

    It moves no serial: nobody has asked for a page yet.
    """
    db.execute(update(File).where(File.filename == OLD.filename).values(uploaded_at=LONG_AGO))
    db.execute(update(File).where(File.filename == UNTOLD.filename).values(metadata_sha256=None))
    for dist, reason in ((YANKED, REASON), (YANKED_SILENTLY, None)):
        release = Release.project.has(normalized_name=dist.name), Release.version == dist.version
        db.execute(update(Release).where(*release).values(yanked=True, yanked_reason=reason))
    for dist, status in (
        (DEPRECATED, ProjectStatus.DEPRECATED),
        (QUARANTINED, ProjectStatus.QUARANTINED),
    ):
        project = update(Project).where(Project.normalized_name == dist.name)
        db.execute(project.values(status=status, status_reason=REASON))
