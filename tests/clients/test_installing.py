"""Each client installs, and heeds what an index says of its files beside their names."""

from pathlib import Path

import pytest

from tests.clients import installers
from tests.clients.counting import counted
from tests.clients.installers import pip_install, uv_install
from tests.clients.programs import said
from tests.clients.stock import NEEDED, NEEDING, QUARANTINED, REASON, TOLD, UNTOLD
from tests.servers import Server

INSTALL = pytest.mark.parametrize("install", [pip_install, uv_install])
LOCKING = [
    (installers.uv_project, "uv.lock"),
    (installers.poetry_project, "poetry.lock"),
    (installers.pdm_project, "pdm.lock"),
]


def version_in(folder: Path, module: str) -> str | None:
    """The version of a module that is installed anywhere below a folder."""
    for path in folder.rglob(f"{module}.py"):
        return path.read_text().removeprefix("VERSION = '").removesuffix("'\n")
    return None


@pytest.mark.parametrize(("install", "lock"), LOCKING)
def test_what_a_project_needs_is_locked_and_installed(
    stock: Server, tmp_path: Path, install, lock: str
):
    needs = ["needing", "withdrawn", "told", "untold", "sourced", "tuned==1.0+cu118"]

    install(stock, tmp_path / "project", *needs)

    names = [*needs[:-1], "needed", "tuned"]
    assert {name: version_in(tmp_path / "project", name) for name in names} == {
        "needing": "2.0",
        "needed": "1.1",
        "withdrawn": "1.0",
        "told": "1.0",
        "untold": "1.0",
        "sourced": "1.0",
        "tuned": "1.0+cu118",
    }
    locked = (tmp_path / "project" / lock).read_text()
    assert NEEDING.sha256 in locked
    assert NEEDED.sha256 in locked


@pytest.mark.parametrize("install", [installers.hatch_with_pip, installers.hatch_with_uv])
def test_hatch_installs_what_its_environment_needs(stock: Server, tmp_path: Path, install):
    install(stock, tmp_path / "project", "needing", "withdrawn")

    for name, version in {"needing": "2.0", "needed": "1.1", "withdrawn": "1.0"}.items():
        assert version_in(tmp_path / "project", name) == version


@INSTALL
def test_the_hashes_that_are_required_are_verified(stock: Server, tmp_path: Path, install):
    right = tmp_path / "right.txt"
    right.write_text(
        f"needing==2.0 --hash=sha256:{NEEDING.sha256}\nneeded==1.1 --hash=sha256:{NEEDED.sha256}\n"
    )
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(f"needed==1.1 --hash=sha256:{'0' * 64}\n")

    install(stock, tmp_path / "target", "--require-hashes", "-r", right)
    shown = install(stock, tmp_path / "other", "--require-hashes", "-r", wrong, fails=True)

    assert version_in(tmp_path / "target", "needed") == "1.1"
    assert version_in(tmp_path / "other", "needed") is None
    assert NEEDED.sha256 in said(shown)


@pytest.mark.parametrize(
    ("install", "option"),
    [(pip_install, "--uploaded-prior-to"), (uv_install, "--exclude-newer")],
)
def test_what_was_uploaded_later_is_not_chosen(stock: Server, tmp_path: Path, install, option):
    install(stock, tmp_path / "early", option, "2020-02-03T04:05:07Z", "dated")
    install(stock, tmp_path / "too-early", option, "2020-02-03T04:05:06Z", "dated", fails=True)
    install(stock, tmp_path / "now", "dated")

    assert version_in(tmp_path / "early", "dated") == "1.0"
    assert version_in(tmp_path / "now", "dated") == "2.0"


@pytest.mark.parametrize(
    ("install", "option"),
    [
        (installers.uv_project, {"before": "2021-01-01T00:00:00Z"}),
        (installers.pdm_project, {"before": "2021-01-01T00:00:00Z"}),
        (installers.poetry_project, {"days_old": 3}),
    ],
)
def test_what_was_uploaded_later_is_not_locked(stock: Server, tmp_path: Path, install, option):
    install(stock, tmp_path / "project", "dated", **option)

    assert version_in(tmp_path / "project", "dated") == "1.0"


@INSTALL
def test_what_is_yanked_is_installed_for_who_asks_for_no_other(
    stock: Server, tmp_path: Path, install
):
    install(stock, tmp_path / "any", "withdrawn>=1")
    shown = install(stock, tmp_path / "this", "withdrawn==2.0")
    silent = install(stock, tmp_path / "silent", "withdrawn==3.0")

    assert version_in(tmp_path / "any", "withdrawn") == "1.0"
    assert version_in(tmp_path / "this", "withdrawn") == "2.0"
    assert REASON in said(shown)
    assert "yanked" in said(shown)
    assert "yanked" in said(silent)


@INSTALL
def test_a_local_version(stock: Server, tmp_path: Path, install):
    install(stock, tmp_path / "target", "tuned==1.0+cu118")

    assert version_in(tmp_path / "target", "tuned") == "1.0+cu118"


@INSTALL
def test_metadata_is_read_beside_a_wheel_and_not_within(stock: Server, tmp_path: Path, install):
    before = len(stock.log.read_text())

    install(stock, tmp_path / "target", "told")

    assert version_in(tmp_path / "target", "told") == "1.0"
    asked = stock.log.read_text()[before:]
    assert f"{TOLD.filename}.metadata 200" in asked
    assert f"{TOLD.filename} " not in asked


@pytest.mark.parametrize(
    ("install", "options"), [(pip_install, ["--use-feature=fast-deps"]), (uv_install, [])]
)
def test_metadata_is_read_from_parts_of_a_wheel(
    stock: Server, tmp_path: Path, install, options: list[str]
):
    with counted(stock) as counter:
        install(counter.server, tmp_path / "target", *options, "untold")

    assert version_in(tmp_path / "target", "untold") == "1.0"
    assert counter.bytes < len(UNTOLD.content) / 2


def test_pip_downloads_wheels_to_look_into_them_where_it_has_no_other_way(
    stock: Server, tmp_path: Path
):
    """What the test before measures where an index offers less."""
    with counted(stock) as counter:
        pip_install(counter.server, tmp_path / "target", "untold")

    assert counter.bytes > len(UNTOLD.content)


@INSTALL
@pytest.mark.parametrize("name", ["nowhere-to-be-found", QUARANTINED.name])
def test_what_is_not_offered_is_said_not_to_be_here(
    stock: Server, tmp_path: Path, install, name: str
):
    shown = install(stock, tmp_path / "target", name, fails=True)

    assert any(
        sentence in said(shown)
        for sentence in (
            f"No matching distribution found for {name}",
            f"{name} was not found in the package registry",
            f"there are no versions of {name}",
        )
    )
