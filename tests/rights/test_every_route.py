"""Each kind of person and token, at each route, on an open and on a closed site."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import transaction
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.security import limits
from pypi_web.standards import addresses
from tests.conftest import MakeApp
from tests.rights.personas import EVERYBODY, OPEN, PRIVATE, Persona, arrange, wheel_of
from tests.rights.table import ANY, GET, TABLE, WITHOUT_CSRF, Line

REFUSALS = (401, 403, 404)
NO_MARK = "without the mark of this site"

MakeClient = Callable[[], TestApp]


@pytest.fixture(autouse=True)
def _no_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them come from one address."""
    monkeypatch.setattr(limits, "BY_ACCOUNT", {})
    monkeypatch.setattr(limits, "BY_ADDRESS", {})


@pytest.fixture(params=["open", "closed"])
def site(request: pytest.FixtureRequest) -> str:
    """Who may read: everyone, or those who are signed in."""
    return request.param


@pytest.fixture
def make_client(make_app: MakeApp, site: str, tmp_path) -> MakeClient:
    return lambda: make_app(
        anonymous_read=str(site == "open").lower(),
        registration="open",
        second_factor="administrators",
        mail_folder=str(tmp_path / "mail"),
        mirror_upstream="http://127.0.0.1:9/simple/",
    )


def test_each_route_stands_in_the_table(make_client: MakeClient):
    written = {(line.route, line.method) for line in TABLE}
    there = set(_list_routes(make_client()))

    missing = sorted(there - written)
    told = "\n".join(f'    Line("{route}", {method}, ...),' for route, method in missing)
    assert not missing, f"Add to tests/rights/table.py who is answered at these:\n{told}"
    assert sorted(written - there) == [], "These routes are no more: remove them from the table."
    assert len(written) == len(TABLE), "A route stands twice in the table."


def test_each_is_answered_or_refused_as_the_table_says(
    make_client: MakeClient, db: Session, site: str
):
    personas = arrange(make_client, db)
    client = make_client()

    mistakes = [
        mistake
        for line in TABLE
        for project in (OPEN, PRIVATE)
        for mistake in _try(client, line, project, site, personas)
    ]

    assert not mistakes, "Other than the table says:\n" + "\n".join(mistakes)


def test_what_changes_something_is_refused_without_its_csrf_token(
    make_client: MakeClient, db: Session
):
    personas = arrange(make_client, db)
    client = make_client()
    lines = [line for line in TABLE if line.method != GET]
    assert WITHOUT_CSRF.keys() <= {line.route for line in lines}

    for line in lines:
        for csrf in ("", "0" * 40):
            answer = _send(client, line, personas["administrator"], OPEN, method="POST", csrf=csrf)
            if line.route in WITHOUT_CSRF:
                assert NO_MARK not in answer.text, f"Take {line.route} off WITHOUT_CSRF."
            elif line.method == ANY:
                assert _is_refused(answer), f"{line.route} takes a POST without a mark."
            else:
                assert NO_MARK in answer.text, f"{line.route} takes a {line.method} without a mark."


def _try(
    client: TestApp, line: Line, project: str, site: str, personas: dict[str, Persona]
) -> Iterator[str]:
    allowed = getattr(line.rule, site)
    if project == PRIVATE:
        if not _is_of_a_project(client, line):
            return
        allowed = allowed if line.rule.private is None else line.rule.private
    for name in sorted(EVERYBODY):
        answer = _send(client, line, personas[name], project)
        is_broken = answer.status_int == 429 or answer.status_int >= 500
        if is_broken or _is_refused(answer) is (name in allowed):
            yield (
                f"  {line.method} {line.route} of {project}: {name} is to be"
                f" {'answered' if name in allowed else 'refused'}, and got {answer.status}"
                f" {answer.headers.get('Location', '')}"
            )


def _send(
    client: TestApp,
    line: Line,
    persona: Persona,
    project: str,
    *,
    method: str | None = None,
    csrf: str | None = None,
) -> Any:
    """Sends a request of which nothing stays: its transaction is aborted. Those for tools have
    none, and what they change is sent once more and changes nothing."""
    client.reset()
    path = _path(client, line, persona, project)
    asked = method or ("GET" if line.method == ANY else line.method)
    options: dict[str, Any] = {"headers": persona.headers, "expect_errors": True}
    if asked != "GET":
        mark = persona.csrf if csrf is None else csrf
        options["params"] = {**line.form, "csrf_token": mark}
    if asked != "GET" and line.send is not None:
        options |= line.send(project)
    if path.startswith(addresses.FOR_TOOLS):
        return getattr(client, asked.lower())(path, **options)
    manager = transaction.TransactionManager(explicit=True)
    manager.begin()
    try:
        environ = {"tm.active": True, "tm.manager": manager}
        return getattr(client, asked.lower())(path, extra_environ=environ, **options)
    finally:
        manager.abort()


def _is_refused(answer: Any) -> bool:
    return answer.status_int in REFUSALS or "/account/login" in answer.headers.get("Location", "")


def _path(client: TestApp, line: Line, persona: Persona, project: str) -> str:
    wheel = wheel_of(project)
    sha256 = hashlib.sha256(wheel.content).hexdigest()
    values = {
        "name": project,
        "version": "1.0",
        "filename": wheel.filename,
        "a": sha256[:2],
        "b": sha256[2:4],
        "rest": sha256[4:],
        "slash": "",
        "id": str(persona.ids.get(line.id, 1)),
    }
    return client.app.routes_mapper.generate(line.route, values)


def _is_of_a_project(client: TestApp, line: Line) -> bool:
    pattern = client.app.routes_mapper.get_route(line.route).pattern
    return "{name}" in pattern or "{filename}" in pattern or line.send is not None


def _list_routes(client: TestApp) -> Iterator[tuple[str, str]]:
    """Each route and method that a view answers; the files that the pages are made of are open to
    all."""
    for entry in client.app.registry.introspector.get_category("views"):
        view = entry["introspectable"]
        if view["route_name"] in (None, "__static/"):
            continue
        methods = view["request_methods"] or (ANY,)
        for method in (methods,) if isinstance(methods, str) else methods:
            if method != "HEAD":
                yield view["route_name"], method
