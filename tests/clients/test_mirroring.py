"""pip and uv install through the mirror: ten at once, and again with upstream down."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.clients.installers import pip_install, uv_install
from tests.clients.programs import run
from tests.distributions import build_sdist, build_wheel, metadata_text
from tests.servers import Server, running_server
from tests.upstream.fake import FakeUpstream, running_upstream
from tests.upstream.offered import OfferedFile

INSTALL = pytest.mark.parametrize("install", [pip_install, uv_install])

OUTER = build_wheel("outer", "1.0", "Requires-Dist: inner>=1", "Requires-Dist: sourced")
OFFERED = {
    "outer": OfferedFile.of(
        OUTER,
        metadata=metadata_text(
            "outer", "1.0", "Requires-Dist: inner>=1", "Requires-Dist: sourced"
        ).encode(),
    ),
    "inner": OfferedFile.of(build_wheel("inner", "1.1")),
    "sourced": OfferedFile.of(build_sdist("sourced", "1.0")),
}


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    with running_upstream() as upstream:
        for name, file in OFFERED.items():
            upstream.offer(name, file)
        yield upstream


@pytest.fixture
def mirror(production_ini: Path, tmp_path: Path, upstream: FakeUpstream) -> Iterator[Server]:
    settings = {
        "PYPI_WEB_MIRROR_UPSTREAM": upstream.index_url,
        "PYPI_WEB_MIRROR_FRESH_FOR": "1s",
    }
    with running_server(production_ini, log=tmp_path / "mirror.log", **settings) as server:
        yield server


@INSTALL
@pytest.mark.parametrize("speaks_json", [True, False])
def test_what_is_installed_once_is_installed_again_without_upstream(
    mirror: Server, upstream: FakeUpstream, tmp_path: Path, install, speaks_json: bool
):
    upstream.speaks_json = speaks_json

    install(mirror, tmp_path / "first", "outer")
    upstream.unplug()
    install(mirror, tmp_path / "second", "outer")

    for folder in ("first", "second"):
        assert {each.stem for each in (tmp_path / folder).glob("*.py")} == set(OFFERED)


def test_ten_who_download_at_once_have_each_file_fetched_once(
    mirror: Server, upstream: FakeUpstream, tmp_path: Path
):
    def download(number: int) -> set[str]:
        target = tmp_path / str(number)
        run(
            sys.executable,
            *("-m", "pip", "download", "--no-cache-dir", "--disable-pip-version-check"),
            *("--index-url", mirror.index_url, "--dest", target, "outer", "--no-build-isolation"),
        )
        return {each.name for each in target.iterdir()}

    with ThreadPoolExecutor(10) as pool:
        downloaded = list(pool.map(download, range(10)))

    assert downloaded == [{each.filename for each in OFFERED.values()}] * 10
    for file in OFFERED.values():
        assert upstream.asked(file.path) == 1
