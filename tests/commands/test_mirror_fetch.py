"""`pypi-web mirror fetch` and `list`."""

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.commands import fetching
from pypi_web.data import MirroredFile, Project
from pypi_web.mirror import holdings
from tests.clients.installers import pip_install, uv_install
from tests.commands.conftest import Run
from tests.commands.test_mirror import JSON
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.mirror.conftest import MakeMirror, make_mirror, mirror, upstream
from tests.mirror.files import big_wheel
from tests.servers import running_server
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile

__all__ = ["MakeMirror", "make_mirror", "mirror", "upstream"]

OLD, NEW = build_wheel("flask", "2.0"), build_wheel("flask", "3.0")
SOURCE = build_sdist("flask", "3.0")
NEXT = build_wheel("flask", "4.0rc1")
BAD = build_wheel("flask", "3.1")
CLICK = build_wheel("click", "8.0")
METADATA = b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\n"


@pytest.fixture(autouse=True)
def _site(upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYPI_WEB_MIRROR_UPSTREAM", upstream.index_url)
    offered = [OfferedFile.of(each, metadata=METADATA) for each in (OLD, NEW, SOURCE, NEXT)]
    upstream.offer("flask", *offered, OfferedFile.of(BAD, yanked="broken"))
    upstream.offer("click", OfferedFile.of(CLICK))


def write(folder: Path, text: str, name: str = "requirements.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def kept(db: Session) -> set[str]:
    return set(db.scalars(select(MirroredFile.filename).where(MirroredFile.is_kept)))


def lock(name: str, **digests: Distribution) -> str:
    files = ",".join(
        f'{{name = "{each.filename}", url = "https://example.org/{each.filename}",'
        f' hashes = {{sha256 = "{each.sha256}"}}}}'
        for each in digests.values()
    )
    return (
        'lock-version = "1.0"\ncreated-by = "a test"\n'
        f'[[packages]]\nname = "{name}"\nwheels = [{files}]\n'
    )


def test_what_was_fetched_is_here_when_upstream_is_down(
    run: Run, mirror: TestApp, upstream: FakeUpstream, tmp_path: Path
) -> None:
    result = run("mirror", "fetch", "-r", write(tmp_path, "Flask==3.0 --hash=sha256:0\nclick\n"))

    size = sum(len(each.content) for each in (NEW, SOURCE, CLICK))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"Projects: 2. Files: 3 here, {size:,} bytes.\n"
    upstream.unplug()
    for name, wheels in (("flask", (NEW, SOURCE)), ("click", (CLICK,))):
        page = {
            each["filename"]: each["url"].removeprefix("../..")
            for each in mirror.get(f"/simple/{name}/", headers=JSON).json["files"]
        }
        for each in wheels:
            assert mirror.get(page[each.filename]).body == each.content
        mirror.get(f"{page[wheels[0].filename]}.metadata", status=200)
    assert run("check").exit_code == 0


@pytest.mark.parametrize("tells_sizes", [True, False])
def test_its_progress_ends_at_the_whole(
    run: Run,
    upstream: FakeUpstream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    tells_sizes: bool,
) -> None:
    large = big_wheel(size=2 << 20, name="large")
    missing = OfferedFile.of(build_wheel("gone"), says_size=tells_sizes)
    upstream.offer("large", OfferedFile.of(large))
    upstream.offer("gone", missing)
    upstream.withdraw(missing.path)
    bars: dict[str, Bar] = {}
    monkeypatch.setattr(
        fetching, "progress", lambda length, label: bars.setdefault(label, Bar(length))
    )

    for is_new in (True, False):
        bars.clear()
        run("mirror", "fetch", write(tmp_path, "large\nclick\ngone"))

        bar = bars["Fetching"]
        sizes = [len(each.content) for each in (large, CLICK, missing)]
        assert bar.length == sum(bar.steps) == (sum(sizes) if tells_sizes else 3)
        if tells_sizes and is_new:
            assert len([each for each in bar.steps if each]) > 5


class Bar:
    """A progress bar that nobody sees."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.steps: list[int] = []

    def __enter__(self) -> "Bar":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, step: int) -> None:
        self.steps.append(step)


def test_with_upstream_away_each_problem_is_told_once(
    run: Run, upstream: FakeUpstream, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    run("mirror", "fetch", write(tmp_path, "click==7"))
    upstream.withdraw(f"/files/{CLICK.filename}")
    files = run("mirror", "fetch", write(tmp_path, "click"))
    upstream.unplug()

    pages = run("mirror", "fetch", write(tmp_path, "nobody"))

    assert files.stderr.count(CLICK.filename) == 2  # its name, and its address
    assert pages.stderr.count("nobody") == 2
    assert [each for each in caplog.records if each.name.startswith("pypi_web.mirror")] == []


def test_what_is_here_is_not_fetched_again(
    run: Run, mirror: TestApp, upstream: FakeUpstream, tmp_path: Path
) -> None:
    wishes = write(tmp_path, "click")
    first = run("mirror", "fetch", wishes)

    assert run("mirror", "fetch", wishes).stdout == first.stdout

    assert upstream.asked(f"/files/{CLICK.filename}") == 1


@pytest.mark.parametrize(
    ("line", "files"),
    [
        ("flask", {NEW, SOURCE}),
        ("flask<3", {OLD}),
        ("flask==3.1", {BAD}),
        ("flask==3.*", {NEW, SOURCE}),
        ("flask==4.0rc1", {NEXT}),
        ("flask>3.1", {NEXT}),
        ("flask==2.0.0 ; python_version < '3'", {OLD}),
        ("-r requirements.txt\n-r other.txt", {CLICK}),
    ],
)
def test_a_line_is_for_the_files_of_one_version(
    run: Run, db: Session, tmp_path: Path, line: str, files: set[Distribution]
) -> None:
    write(tmp_path, "click", "other.txt")

    assert run("mirror", "fetch", "-r", write(tmp_path, line)).exit_code == 0

    assert kept(db) == {each.filename for each in files}


def test_a_lock_is_for_the_files_that_it_names(run: Run, db: Session, tmp_path: Path) -> None:
    pylock = write(tmp_path, lock("flask", old=OLD, next=NEXT), "pylock.toml")

    assert run("mirror", "fetch", pylock).exit_code == 0

    assert kept(db) == {OLD.filename, NEXT.filename}


def test_names_what_cannot_be_had_and_fetches_the_rest(
    run: Run, db: Session, upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.change(OfferedFile.of(OLD), OLD.content[:-1] + b"!")
    other = build_wheel("flask", "3.0", "Summary: other")
    missing = build_wheel("flask", "9.0")
    pylock = write(
        tmp_path, lock("flask", old=OLD, next=NEXT, other=other, no=missing), "pylock.toml"
    )
    lines = write(tmp_path, "nobody\nclick>9\n-e .\n")

    result = run("mirror", "fetch", pylock, "-r", lines)

    assert result.exit_code == 1
    for said in (
        "nobody: upstream has no such project.",
        "click: upstream offers nothing for >9.",
        f"flask: {NEW.filename} is another file upstream than in the lock",
        f"flask: upstream offers no {missing.filename}.",
        f"flask: {OLD.filename}: ",
        "passed over, for no index has it: -e .",
    ):
        assert said in result.stderr
    assert result.stdout.startswith("Projects: 3. Files: 1 here")
    assert result.stdout.endswith("Not fetched: 5, named above.\n")
    assert kept(db) == {NEXT.filename}


def test_the_rules_hold_for_what_is_fetched_ahead(
    run: Run,
    db: Session,
    upstream: FakeUpstream,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    db.add(Project(name="flask", normalized_name="flask"))
    db.commit()
    upstream.offer("acme-x", OfferedFile.of(build_wheel("acme-x")))
    monkeypatch.setenv("PYPI_WEB_MIRROR_RESERVED", "acme-*")
    monkeypatch.setenv("PYPI_WEB_MIRROR_MINIMUM_AGE", "9000d")

    result = run("mirror", "fetch", write(tmp_path, "flask\nacme-x\nclick"))

    assert "acme-x: the name is reserved" in result.stderr
    assert (
        "click: upstream offers nothing for it. Upstream has got one file lately" in result.stderr
    )
    assert "Hosted here anyway: 1. Not fetched: 2" in result.stdout
    assert kept(db) == set()
    assert {each.path for each in upstream.requests} == {"/simple/click/"}


@pytest.mark.parametrize(
    ("words", "text", "reason"),
    [
        ([], "", "Name a requirements.txt"),
        (["requirements.txt"], "what is this", "is no requirement"),
        (["requirements.txt"], "-r none.txt", "none.txt cannot be read"),
    ],
)
def test_refuses_lists_with_a_sentence(
    run: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    text: str,
    reason: str,
) -> None:
    write(tmp_path, text)

    result = run("mirror", "fetch", *(tmp_path / each for each in words))

    assert result.exit_code != 0
    assert reason in result.stderr


def test_says_that_there_is_no_upstream(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYPI_WEB_MIRROR_UPSTREAM")

    result = run("mirror", "fetch", write(tmp_path, "flask"))

    assert (result.exit_code, result.stdout) == (1, "")
    assert "set pypi_web.mirror.upstream" in result.stderr


def test_lists_page_by_page(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holdings, "PAGE", 1)
    run("mirror", "fetch", write(tmp_path, "flask\nclick"))

    assert [each[:7] for each in run("mirror", "list").stdout.splitlines()[:2]] == [
        "click  ",
        "flask  ",
    ]


def test_lists_what_is_mirrored_and_what_is_not_asked_for(
    run: Run, mirror: TestApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYPI_WEB_MIRROR_RESERVED", "acme-*")
    run("mirror", "fetch", write(tmp_path, "flask\nclick"))
    mirror.get("/simple/nobody/", status=404)
    for name in ("click", "ours"):
        run("mirror", "claim", name)

    result = run("mirror", "list")

    flask, size = len(NEW.content) + len(SOURCE.content), len(CLICK.content)
    assert result.stdout.splitlines() == [
        f"click  1 file  {size:,} bytes  hosted here now",
        f"flask  2 files  {flask:,} bytes",
        "click  claimed",
        "ours  claimed",
        "acme-*  reserved",
        f"Mirrored: 2. Kept: 3 files, {flask + size:,} bytes. Claimed: 2. Reserved: 1.",
    ]


def test_uv_and_pip_install_what_was_fetched_with_upstream_unplugged(
    run: Run, site_ini: Path, upstream: FakeUpstream, tmp_path: Path
) -> None:
    upstream.offer("needy", OfferedFile.of(build_wheel("needy", "1.0", "Requires-Dist: click")))
    run("mirror", "fetch", "-r", write(tmp_path, "needy==1.0\nclick==8.0\n"))
    upstream.unplug()

    with running_server(
        site_ini,
        log=tmp_path / "server.log",
        PYPI_WEB_MIRROR_UPSTREAM=upstream.index_url,
    ) as server:
        uv_install(server, tmp_path / "uv", "needy")
        pip_install(server, tmp_path / "pip", "needy")

    for installer in ("uv", "pip"):
        assert (tmp_path / installer / "click.py").exists()
