"""What is not taken: each refusal says why, and leaves no row and no bytes."""

import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import File, JournalEntry, Project, Release
from tests.conftest import MakeApp
from tests.distributions import Distribution, build_sdist, build_wheel, metadata_text
from tests.people import Person, basic


@pytest.fixture
def nothing_stays(db: Session, tmp_path: Path):
    yield
    db.rollback()
    for model in (Project, Release, File, JournalEntry):
        assert db.scalar(select(func.count()).select_from(model)) == 0
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def refused(
    app: TestApp, who: Person, dist: Distribution, *, status: int = 400, **changes: str | None
) -> str:
    answer = app.post(
        "/legacy/",
        dist.form(**changes),
        upload_files=[("content", dist.filename, dist.content)],
        headers=who.basic,
        status=status,
    )
    assert answer.content_type == "text/plain"
    assert answer.text.strip()[:300] in answer.status or len(answer.text) > 300
    return answer.text


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("path", ["/legacy/", "/legacy"])
def test_no_page_of_another_site_has_a_browser_publish(
    app: TestApp, alice: Person, nothing_stays, path: str, site: str
):
    """A token that was typed into a browser once goes along with what any page has it send."""
    dist = build_wheel("sample", "1.0")
    upload = {"upload_files": [("content", dist.filename, dist.content)]}
    headers = {**alice.basic, "Sec-Fetch-Site": site}

    answer = app.post(path, dist.form(), headers=headers, expect_errors=True, **upload)
    if answer.status_int == 308:
        answer = app.post("/legacy/", dist.form(), headers=headers, status=403, **upload)

    assert answer.status_int == 403
    assert "A page of another site had the browser send this" in answer


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_what_a_browser_sends_by_itself_is_taken(app: TestApp, alice: Person, site: str):
    dist = build_wheel("sample", "1.0")

    app.post(
        "/legacy/",
        dist.form(),
        upload_files=[("content", dist.filename, dist.content)],
        headers={**alice.basic, "Sec-Fetch-Site": site},
        status=200,
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sha256_digest": "0" * 64}, "damaged"),
        ({"sha256_digest": None}, "no digest"),
        ({"sha256_digest": None, "md5_digest": "0" * 32}, "damaged"),
        ({"sha256_digest": "é"}, "damaged"),
        ({":action": None}, ":action"),
        ({":action": "remove"}, ":action"),
        ({"protocol_version": "2"}, "protocol_version"),
        ({"name": None}, "name is missing"),
        ({"version": None}, "version is missing"),
        ({"filetype": None}, "filetype is missing"),
        ({"filetype": "sdist"}, "filetype"),
        ({"name": "other"}, "project 'other'"),
        ({"version": "1.1"}, "version '1.1'"),
        ({"version": "9" * 5000}, "longer than 128"),
    ],
)
def test_a_form_that_is_wrong(
    app: TestApp, alice: Person, nothing_stays: None, changes: dict, reason: str
):
    assert reason in refused(app, alice, build_wheel(), **changes)


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        ("sample.whl", "Invalid wheel filename"),
        ("sample-1.0.zip", "Invalid filename"),
        ("sample-1.0.egg", "Invalid filename"),
        ("sample-1.0-py3-none.whl", "Invalid wheel filename"),
        ("sample-one-py3-none-any.whl", "Invalid wheel filename"),
        ("../sample-1.0-py3-none-any.whl", "Invalid filename"),
        ("sample-1.0-py3-none-a\x1bb.whl", "Invalid filename"),
        ("sample-1.0-py3-none-\u202egpj.whl", "Invalid filename"),
        ("sample-1.0-py3-none-<b>.whl", "Invalid filename"),
        ("sample-1.0-py3-none-any.whl\x00", "Invalid"),
        ("x" * 300 + "-1.0-py3-none-any.whl", "longer than 255"),
    ],
)
def test_a_filename_that_is_none(
    app: TestApp, alice: Person, nothing_stays: None, filename: str, reason: str
):
    assert reason in refused(app, alice, build_wheel(filename=filename))


def test_metadata_of_another_name_than_the_file(app: TestApp, alice: Person, nothing_stays: None):
    wheel = build_wheel("sample", metadata=metadata_text("other", "1.0"))

    assert "says project 'other'" in refused(app, alice, wheel)


def test_metadata_of_another_version_than_the_file(
    app: TestApp, alice: Person, nothing_stays: None
):
    wheel = build_wheel("sample", metadata=metadata_text("sample", "2.0"))

    assert "says version '2.0'" in refused(app, alice, wheel)


@pytest.mark.parametrize(
    "metadata",
    [
        "",
        "Name: sample\nVersion: 1.0\n",
        "Metadata-Version: 2.7\nName: sample\nVersion: 1.0\n",
        metadata_text("sample", "1.0", "Requires-Dist: not a ((requirement"),
        metadata_text("sample", "1.0", "Requires-Python: three"),
        metadata_text("sample", "1.0", "Unheard-Of: field"),
        metadata_text("sample", "1.0", "Requires-Dist: x; " + "(" * 3000),
        metadata_text("sample", "1.0", *(f"Classifier: {n}" for n in range(1001))),
        metadata_text("sample", "1.0", "Author: " + "x" * 200_001),
        metadata_text("sample", "9" * 5000),
        "\x00\x01\x02",
        metadata_text("sample", "1.0", "Summary: nu\x00l"),
        metadata_text("sample", "1.0", "Classifier: " + "x" * 257),
        metadata_text("sample", "1.0", "Description-Content-Type: text/plain; x=" + "y" * 128),
    ],
)
def test_metadata_that_is_invalid(app: TestApp, alice: Person, nothing_stays: None, metadata: str):
    reason = refused(app, alice, build_wheel(metadata=metadata)).lower()

    assert "metadata" in reason or "classifier" in reason or "content-type" in reason


def _zip(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return content.getvalue()


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no archive",
        b"PK\x03\x04 a cut one",
        build_wheel().content[:-30],
        _zip(**{"sample.py": b""}),
        _zip(
            **{
                "sample-1.0.dist-info/METADATA": metadata_text("sample", "1.0").encode(),
                "other-1.0.dist-info/METADATA": metadata_text("other", "1.0").encode(),
            }
        ),
        _zip(**{"other-1.0.dist-info/METADATA": metadata_text("sample", "1.0").encode()}),
        build_sdist().content,
    ],
    ids=[
        "nothing",
        "no zip",
        "its beginning",
        "without its end",
        "no metadata",
        "metadata of two",
        "metadata of another",
        "a tar",
    ],
)
def test_a_wheel_that_is_none(app: TestApp, alice: Person, nothing_stays: None, content: bytes):
    wheel = Distribution("sample-1.0-py3-none-any.whl", content, "sample", "1.0", "bdist_wheel")

    assert "sample-1.0" in refused(app, alice, wheel)


@pytest.mark.parametrize(
    "content",
    [
        b"no archive",
        build_sdist().content[:200],
        build_wheel().content,
        _tar((tarfile.TarInfo("sample-1.0/setup.py"), b"")),
        _tar((tarfile.TarInfo("PKG-INFO"), metadata_text("sample", "1.0").encode())),
    ],
    ids=["no tar", "its beginning", "a zip", "no PKG-INFO", "PKG-INFO at the top"],
)
def test_a_source_distribution_that_is_none(
    app: TestApp, alice: Person, nothing_stays: None, content: bytes
):
    sdist = Distribution("sample-1.0.tar.gz", content, "sample", "1.0", "sdist")

    assert "sample-1.0" in refused(app, alice, sdist)


def test_a_field_that_says_two_things(app: TestApp, alice: Person, nothing_stays: None):
    wheel = build_wheel()

    answer = app.post(
        "/legacy/",
        [*wheel.form().items(), ("sha256_digest", "0" * 64)],
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=alice.basic,
        status=400,
    )

    assert "sha256_digest has two values" in answer.text


def test_metadata_that_is_a_bomb(app: TestApp, alice: Person, nothing_stays: None):
    bomb = metadata_text("sample", "1.0", description="0" * (9 << 20))

    assert "larger than" in refused(app, alice, build_wheel(metadata=bomb))


def test_a_body_that_is_no_form(app: TestApp, alice: Person, nothing_stays: None):
    for content_type in (
        "application/json",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "",
    ):
        answer = app.post(
            "/legacy/", b"{}", headers={**alice.basic, "Content-Type": content_type}, status=400
        )
        assert "multipart/form-data" in answer.text


def test_a_form_that_is_cut_off(app: TestApp, alice: Person, nothing_stays: None):
    body = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nsam'
    header = {**alice.basic, "Content-Type": "multipart/form-data; boundary=x"}

    assert "cannot be read" in app.post("/legacy/", body, headers=header, status=400).text


def test_two_files_in_one_form(app: TestApp, alice: Person, nothing_stays: None):
    wheel = build_wheel()

    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)] * 2,
        headers=alice.basic,
        status=400,
    )

    assert "one file" in answer.text


def test_no_credentials(app: TestApp, nothing_stays: None):
    wheel = build_wheel()

    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        status=401,
    )

    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert "__token__" in answer.status


@pytest.mark.parametrize(
    "header",
    [
        basic("__token__", "pypiweb-wrong"),
        basic("__token__", ""),
        basic("alice", "correct horse battery"),
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic"},
        {"Authorization": "Negotiate abc"},
        {"Authorization": "Bearer nothing"},
        {"Authorization": "Basic /////w=="},
    ],
)
def test_wrong_credentials(app: TestApp, alice: Person, nothing_stays: None, header: dict):
    wheel = build_wheel()

    answer = app.post(
        "/legacy/",
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=header,
        status=401,
    )

    assert "wrong, revoked or expired" in answer.text


def test_a_body_that_is_too_large(make_app: MakeApp, alice: Person, nothing_stays: None):
    app = make_app(max_upload_size="10kB")
    wheel = build_wheel(extra={"sample.bin": b"\x00\x01" * 10})
    padded = Distribution(
        wheel.filename, wheel.content + b"\x00" * 20_000, "sample", "1.0", "bdist_wheel"
    )

    assert "larger than the 10,000 bytes" in refused(app, alice, padded, status=413)


def test_the_reason_is_the_code_of_those_who_ask_for_json(
    app: TestApp, alice: Person, nothing_stays: None
):
    wheel = build_wheel()

    answer = app.post(
        "/legacy/",
        wheel.form(sha256_digest="0" * 64),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers={
            **alice.basic,
            "Accept": "application/json;q=0.9, text/plain;q=0.8, text/html;q=0.7",
        },
        status=400,
    )

    assert "damaged" in answer.json["code"]


def test_an_upload_without_the_slash_is_sent_on_by_an_absolute_address(app: TestApp):
    answer = app.post("/legacy", status=308)

    assert answer.headers["Location"] == "http://localhost:6543/legacy/"


@pytest.mark.parametrize(
    ("path", "status"), [("/", 415), ("/simple/", 404), ("/simple/sample/", 404)]
)
def test_an_upload_to_another_address_is_told_the_right_one(
    app: TestApp, alice: Person, nothing_stays: None, path: str, status: int
):
    wheel = build_wheel()

    answer = app.post(
        path,
        wheel.form(),
        upload_files=[("content", wheel.filename, wheel.content)],
        headers=alice.basic,
        status=f"{status}*",
    )

    assert "publish to http://localhost:6543/legacy/" in answer.status


def test_the_address_to_publish_to_says_what_it_is_for(app: TestApp):
    answer = app.get("/legacy/", status="405*")

    assert answer.headers["Allow"] == "POST"
    assert "address to publish to" in answer.text
