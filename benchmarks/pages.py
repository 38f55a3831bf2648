"""How long pages take, and how many queries they need, within one process."""

import statistics
import time
from pathlib import Path
from typing import Any

from benchmarks import tables


def measure(ini: Path, *, rounds: int) -> None:
    """Asks for pages in turn, so that what the machine does otherwise meets all alike."""
    from pyramid.paster import get_app
    from sqlalchemy import event
    from webtest import TestApp

    app = get_app(str(ini))
    engine = app.registry["engine"]
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *it: statements.append(it[2]))
    small, large = _find_projects(engine, 5), _find_projects(engine, 500)
    pages = {
        "/account/login": "the form to sign in",
        "/_health/ready": "whether it is ready",
        "/": "home",
        f"/project/{small[0]}/": f"{small[0]}, {small[1]} releases",
        f"/project/{large[0]}/": f"{large[0]}, {large[1]} releases",
    }
    client = TestApp(app)
    durations: dict[str, list[float]] = {path: [] for path in pages}
    queries: dict[str, int] = {}
    sizes: dict[str, int] = {}
    for _ in range(rounds + 1):
        for path in pages:
            statements.clear()
            start = time.perf_counter()
            answer = client.get(path)
            durations[path].append(time.perf_counter() - start)
            queries[path], sizes[path] = len(statements), len(answer.body)
    engine.dispose()
    medians = {path: statistics.median(times[1:]) for path, times in durations.items()}
    tables.show(
        f"Pages (medians of {rounds}, in one process)",
        ("", "time", "against sign-in", "against home", "queries", "size"),
        [
            (
                label,
                tables.milliseconds(medians[path]),
                tables.ratio(medians[path], medians["/account/login"]),
                tables.ratio(medians[path], medians["/"]),
                str(queries[path]),
                f"{sizes[path] / 1024:.0f} KiB",
            )
            for path, label in pages.items()
        ],
    )
    print(f"  {large[0]} against {small[0]}: {_between(medians, small[0], large[0])}")


def _between(medians: dict[str, float], small: str, large: str) -> str:
    return tables.ratio(medians[f"/project/{large}/"], medians[f"/project/{small}/"])


def _find_projects(engine: Any, wanted: int) -> tuple[str, int]:
    """The project whose number of releases is nearest to the wanted one, and that number."""
    from sqlalchemy import func, select

    from pypi_web.data import Project, Release

    count = func.count(Release.id)
    query = (
        select(Project.normalized_name, count)
        .join(Release, Release.project_id == Project.id)
        .group_by(Project.normalized_name)
        .order_by(func.abs(count - wanted), Project.normalized_name)
    )
    with engine.connect() as connection:
        name, releases = connection.execute(query).first()
    return name, releases
