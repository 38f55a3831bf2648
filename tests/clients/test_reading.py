"""Readers of the Simple API that others wrote understand all of it, in both formats."""

import hashlib
import io
import json
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet

from tests.clients.programs import client, run
from tests.clients.stock import (
    ALL,
    DEPRECATED,
    LONG_AGO,
    NEEDING,
    OLD,
    QUARANTINED,
    REASON,
    SOURCED,
    UNTOLD,
    YANKED,
    YANKED_SILENTLY,
)
from tests.distributions import Distribution
from tests.servers import Server

SCRIPT = Path(__file__).with_name("read_pages.py")
READINGS = ["pypi-simple, json", "pypi-simple, html", "mousebender, json", "mousebender, html"]
REQUIRES_PYTHON = {NEEDING: SpecifierSet(">=3.8,<5"), SOURCED: SpecifierSet(">=3.8")}
YANKS = {YANKED: REASON, YANKED_SILENTLY: ""}
NAMES = sorted({dist.name for dist in ALL})

Pages = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def understood(stock: Server, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pages]:
    home = str(tmp_path_factory.mktemp("home"))
    done = run(client("python"), "-W", "error", SCRIPT, stock.index_url, HOME=home)
    return json.loads(done.stdout)


def files_of(pages: Pages, what: str) -> dict[str, Any]:
    return {file["filename"]: file[what] for page in pages.values() for file in page["files"]}


def metadata(dist: Distribution) -> str | None:
    """What is offered beside a wheel."""
    if dist is UNTOLD or dist.filetype == "sdist":
        return None
    with zipfile.ZipFile(io.BytesIO(dist.content)) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith("/METADATA"))
        return wheel.read(name).decode()


@pytest.mark.parametrize("reading", READINGS)
def test_projects_and_their_files(understood: dict[str, Pages], reading: str):
    pages = understood[reading]
    offered = [dist for dist in ALL if dist is not QUARANTINED]
    texts = {dist.filename: metadata(dist) for dist in offered}

    assert sorted(pages) == NAMES
    assert files_of(pages, "hashes") == {d.filename: {"sha256": d.sha256} for d in offered}
    pythons = files_of(pages, "requires_python")
    assert {name: text and SpecifierSet(text) for name, text in pythons.items()} == {
        dist.filename: REQUIRES_PYTHON.get(dist) for dist in offered
    }
    assert files_of(pages, "yanked") == {dist.filename: YANKS.get(dist) for dist in offered}
    assert files_of(pages, "metadata_hashes") == {
        name: text and {"sha256": hashlib.sha256(text.encode()).hexdigest()}
        for name, text in texts.items()
    }
    if "pypi-simple" in reading:
        assert files_of(pages, "metadata") == texts
        assert files_of(pages, "version") == {dist.filename: dist.version for dist in offered}


@pytest.mark.parametrize("reader", ["pypi-simple", "mousebender"])
def test_what_json_alone_tells(understood: dict[str, Pages], reader: str):
    pages = understood[f"{reader}, json"]
    offered = [dist for dist in ALL if dist is not QUARANTINED]

    assert files_of(pages, "size") == {dist.filename: len(dist.content) for dist in offered}
    assert {name: page["versions"] for name, page in pages.items()} == {
        name: sorted(dist.version for dist in offered if dist.name == name) for name in NAMES
    }
    times = files_of(pages, "uploaded_at")
    assert datetime.fromisoformat(times.pop(OLD.filename)) == LONG_AGO
    now = datetime.now(UTC)
    for time in times.values():
        assert now - timedelta(hours=1) < datetime.fromisoformat(time) < now


@pytest.mark.parametrize(("format", "nothing_said"), [("json", "active"), ("html", None)])
def test_statuses(understood: dict[str, Pages], format: str, nothing_said: str | None):
    pages = understood[f"pypi-simple, {format}"]

    assert {name: (page["status"], page["status_reason"]) for name, page in pages.items()} == {
        **dict.fromkeys(NAMES, (nothing_said, None)),
        DEPRECATED.name: ("deprecated", REASON),
        QUARANTINED.name: ("quarantined", REASON),
    }


def test_serials_are_the_same_in_both_formats(understood: dict[str, Pages]):
    json_page, html_page = (
        {name: page["serial"] for name, page in understood[f"pypi-simple, {format}"].items()}
        for format in ("json", "html")
    )

    assert json_page == html_page
    assert all(int(serial) > 0 for serial in json_page.values())
