"""What pages of projects that are not hosted here tell of their metadata."""

import pytest
from webtest import TestApp

from pypi_web.projects import mirrored_metadata
from pypi_web.readmes import renderer
from tests.distributions import build_sdist, build_wheel
from tests.mirror.offering import offered
from tests.upstream.behaviours import answering
from tests.upstream.fake import FakeUpstream
from tests.upstream.offered import OfferedFile


def test_upstream_that_only_knows_html_tells_less_and_the_page_says_so(
    mirror: TestApp, upstream: FakeUpstream
):
    file = OfferedFile.of(
        build_wheel(
            "Flask",
            "3.0",
            "Description-Content-Type: text/markdown",
            description="Some *text*.",
        )
    )
    upstream.speaks_json = False
    upstream.offer("flask", file)

    page = mirror.get("/project/flask/")
    assert "it is known here as soon as one of its wheels is" in page
    assert "Not told" in page

    mirror.get(page.html.find("a", string=file.filename)["href"])
    assert "<em>text</em>" in mirror.get("/project/flask/")


def test_a_release_without_a_wheel_has_no_description(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", OfferedFile.of(build_sdist("Flask", "3.0")))

    assert "This release has no wheel" in mirror.get("/project/flask/")


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (answering(500), "does not answer as it should"),
        (answering(404), "and has it not"),
        (answering(200, b"Name: another file"), "does not answer as it should"),
    ],
)
def test_a_page_without_metadata_is_a_page_all_the_same(
    mirror: TestApp, upstream: FakeUpstream, behaviour, told: str
):
    file = offered()
    upstream.offer("flask", file)
    upstream.behave(f"{file.path}.metadata", behaviour)

    for _ in range(3):
        page = mirror.get("/project/flask/")
        assert told in page
        assert file.filename in page
    assert upstream.asked(f"{file.path}.metadata") <= 3


def test_metadata_is_shown_but_for_what_breaks_the_specification(
    mirror: TestApp, upstream: FakeUpstream
):
    metadata = (
        b"Metadata-Version: 2.1\nName: flask\nVersion: 3.0\nSummary: It serves\n"
        b"Requires-Python: whichever\nRequires-Dist: no requirement at all\n\nThe text of it"
    )
    upstream.offer("flask", offered(metadata=metadata))

    page = mirror.get("/project/flask/")

    assert "It serves" in page
    assert "The text of it" in page
    assert "whichever" not in page


def test_metadata_that_cannot_be_read_is_told_of(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", offered(metadata=b"Name: flask\n" * 100_000))

    page = mirror.get("/project/flask/")

    assert "cannot be read" in page
    assert "pip install" in page


def test_a_readme_is_fetched_and_rendered_once(
    mirror: TestApp, upstream: FakeUpstream, monkeypatch: pytest.MonkeyPatch
):
    file = offered()
    upstream.offer("flask", file)
    rendered = []
    render = renderer.render
    monkeypatch.setattr(
        renderer, "render", lambda *arguments: rendered.append(1) or render(*arguments)
    )

    for _ in range(3):
        assert "<em>text</em>" in mirror.get("/project/flask/")

    assert len(rendered) == 1
    assert upstream.asked(f"{file.path}.metadata") == 1


def test_few_wait_for_metadata_at_a_time(mirror: TestApp, upstream: FakeUpstream):
    upstream.offer("flask", offered())
    turns = mirror.app.registry["mirrored_metadata"]._turns
    for _ in range(mirrored_metadata.TURNS):
        assert turns.acquire(blocking=False)

    page = mirror.get("/project/flask/")
    turns.release(mirrored_metadata.TURNS)

    assert "look again in a moment" in page
    assert "<em>text</em>" in mirror.get("/project/flask/")
