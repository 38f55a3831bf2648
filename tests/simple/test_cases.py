"""The conformance cases of the Simple repository API, 1 to 58: each by its number.

Those of files (43, 44, 47, 52) are in tests/files, those of uploads (49, 50, 53) in tests/uploads.
"""

from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.data import File, Project, ProjectStatus, Release
from pypi_web.standards import simple_api
from tests.changing import change, give_status
from tests.conftest import MakeApp
from tests.distributions import build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish
from tests.simple.pages import (
    BROWSER,
    HTML,
    JSON,
    PIP,
    PLAIN,
    POETRY,
    UV,
    get,
    get_file,
    get_html,
)

V2 = "application/vnd.pypi.simple.v2+json"
FORMATS = {
    1: (None, PLAIN),
    2: ("*/*", PLAIN),
    3: (JSON, JSON),
    4: (HTML, HTML),
    5: (PIP, JSON),
    6: (UV, JSON),
    7: (POETRY, JSON),
    8: (BROWSER, PLAIN),
    9: ("application/vnd.pypi.simple.latest+json", JSON),
    10: ("application/vnd.pypi.simple.latest+html", HTML),
    12: (f"{JSON};q=0.1, {PLAIN};q=0.9", PLAIN),
    13: (f"{PLAIN}, {JSON}", JSON),
    17: (f"{V2}, {PLAIN}", PLAIN),
    18: ("", PLAIN),
    19: (JSON.upper(), JSON),
}
UNKNOWN_FORMATS = {15: "application/json", 16: V2}


@pytest.fixture
def foo(app: TestApp, alice: Person) -> None:
    publish(app, alice, build_wheel("foo", "1.0"))


@pytest.mark.parametrize("case", FORMATS)
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo/"])
def test_cases_1_to_19_the_format_that_is_asked_for(app: TestApp, foo, case: int, path: str):
    accept, expected = FORMATS[case]

    answer = get(app, path, accept, status=200)

    assert answer.content_type == expected
    assert "Accept" in answer.vary
    if expected == JSON:
        assert answer.json["meta"]["api-version"] == "1.4"
    else:
        assert '<meta name="pypi:repository-version" content="1.4">' in answer.text


def test_case_11_not_json_where_json_is_excluded(app: TestApp):
    answer = get(app, "/simple/", f"{JSON};q=0, */*", status=200)

    assert answer.content_type in (HTML, PLAIN)


def test_case_14_any_application_is_not_plain_html(app: TestApp):
    assert get(app, "/simple/", "application/*", status=200).content_type in (JSON, HTML)


@pytest.mark.parametrize("case", UNKNOWN_FORMATS)
def test_cases_15_and_16_a_format_that_the_index_does_not_speak(app: TestApp, case: int):
    answer = get(app, "/simple/", UNKNOWN_FORMATS[case], status=406)

    assert JSON in answer.text


@pytest.mark.parametrize("accept", [*(accept for accept, _ in FORMATS.values()), V2])
def test_case_20_all_answers_vary_with_accept(app: TestApp, accept: str | None):
    assert "Accept" in get(app, "/simple/", accept, status="*").vary


@pytest.mark.parametrize("plus", ["+", "%2B"])
def test_case_21_a_format_in_the_address_goes_before_accept(app: TestApp, plus: str):
    answer = get(app, f"/simple/?format={JSON.replace('+', plus)}", PLAIN, status=200)

    assert answer.content_type == JSON


def test_case_22_a_format_in_the_address_that_there_is_not(app: TestApp):
    assert "Accept" in get(app, "/simple/?format=bogus", PLAIN, status=406).vary


@pytest.mark.parametrize(
    ("asked", "sent_to"),
    [
        pytest.param("/simple", "/simple/", id="23"),
        pytest.param("/simple/foo", "/simple/foo/", id="24"),
        pytest.param("/simple/Foo_Bar", "/simple/foo-bar/", id="25"),
        pytest.param("/simple/Foo..Bar/", "/simple/foo-bar/", id="26"),
        pytest.param(
            "/simple/Foo..Bar/?format=text/html", "/simple/foo-bar/?format=text%2Fhtml", id="26q"
        ),
    ],
)
def test_cases_23_to_26_other_spellings_are_sent_on_once(
    app: TestApp, alice: Person, asked: str, sent_to: str
):
    publish(app, alice, build_wheel("Foo.Bar"), build_wheel("foo"))

    answer = app.get(asked, status=301)

    assert answer.headers["Location"] == f"http://localhost:6543{sent_to}"
    answer.follow(status=200)


def test_case_27_a_project_that_there_is_not(app: TestApp, foo):
    answer = app.get("/simple/nope/", status=404)

    assert answer.content_type == "text/plain"
    assert "WWW-Authenticate" not in answer.headers


def test_case_28_a_letter_that_only_looks_like_one_of_ascii(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("kat"))

    app.get("/simple/kat/", status=200)
    app.get("/simple/%E2%84%AAat/", status=404)
    app.get("/simple/%E2%84%AAat", status=404)


@pytest.mark.parametrize("accept", [JSON, HTML])
@pytest.mark.parametrize("path", ["/simple/", "/simple/foo/"])
def test_case_29_head_answers_as_get_without_the_body(app: TestApp, foo, path: str, accept: str):
    got = get(app, path, accept)

    answer = app.head(path, headers={"Accept": accept}, status=200)

    assert dict(answer.headers) == dict(got.headers)
    assert int(answer.headers["Content-Length"]) == len(got.body) > 0
    assert answer.body == b""


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo/"])
def test_case_30_what_has_not_changed_is_not_sent_again(app, alice: Person, foo, path: str):
    first = get(app, path)
    known = {"Accept": JSON, "If-None-Match": first.headers["ETag"]}

    again = app.get(path, headers=known, status=304)
    publish(app, alice, build_wheel("foo", "1.1"))
    after = app.get(path, headers=known, status=200)

    assert again.body == b""
    assert again.headers["ETag"] == first.headers["ETag"] != after.headers["ETag"]
    assert first.headers["Cache-Control"] == again.headers["Cache-Control"] == "no-cache"


def test_case_31_each_format_has_an_etag_of_its_own(app: TestApp, foo):
    in_json, in_html = (get(app, "/simple/foo/", accept) for accept in (JSON, HTML))

    assert in_json.etag != in_html.etag
    known = {"Accept": HTML, "If-None-Match": in_json.headers["ETag"]}
    assert app.get("/simple/foo/", headers=known, status=200).content_type == HTML


def test_case_32_a_project_without_files(app: TestApp, db: Session):
    db.add(Project(name="foo", normalized_name="foo", last_serial=1))
    db.commit()

    answer = get(app, "/simple/foo/", status=200)

    assert (answer.json["files"], answer.json["versions"]) == ([], [])
    assert get_html(app, "/simple/foo/").anchors == []


def test_case_33_the_name_is_the_normalised_one(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("Foo.Bar"))

    assert get(app, "/simple/foo-bar/").json["name"] == "foo-bar"


def test_case_34_each_version_that_a_file_has_is_named_once(app: TestApp, alice: Person):
    versions = ("1.10", "1.9", "2.0rc1")
    wheels = [build_wheel("foo", version) for version in versions]
    publish(app, alice, *wheels, build_sdist("foo", "1.9"))

    page = get(app, "/simple/foo/").json

    found = [str(_version_of(file["filename"])) for file in page["files"]]
    assert page["versions"] == ["1.9", "1.10", "2.0rc1"]
    assert set(found) == set(page["versions"])
    assert len(found) == 4


def _version_of(filename: str):
    if filename.endswith(".whl"):
        return parse_wheel_filename(filename)[1]
    return parse_sdist_filename(filename)[1]


def test_case_35_each_file_has_a_size_a_digest_and_a_time(app: TestApp, alice: Person):
    before = datetime.now(UTC)
    wheel = build_wheel("foo")
    publish(app, alice, wheel)

    file = get_file(app, "/simple/foo/")

    assert file["filename"] == wheel.filename
    assert file["size"] == len(wheel.content)
    assert file["hashes"] == {"sha256": wheel.sha256}
    assert before <= _read_time(file["upload-time"]) <= datetime.now(UTC)


def _read_time(text: str) -> datetime:
    """As PEP 700 has it, which is what uv and pip read."""
    assert text.endswith("Z")
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def test_case_36_a_time_without_microseconds_is_one_all_the_same(app, engine: Engine, foo):
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    change(engine, update(File).values(uploaded_at=moment))

    assert _read_time(get_file(app, "/simple/foo/")["upload-time"]) == moment


def test_case_37_a_file_for_any_python(app: TestApp, foo):
    assert get_file(app, "/simple/foo/").get("requires-python") is None
    assert "data-requires-python" not in get(app, "/simple/foo/", PLAIN)


def test_case_38_a_range_of_pythons_is_escaped_in_html_alone(app: TestApp, alice: Person):
    publish(app, alice, build_wheel("foo", "1.0", "Requires-Python: >=3.8,<4"))

    assert get_file(app, "/simple/foo/")["requires-python"] == "<4,>=3.8"
    html = get(app, "/simple/foo/", PLAIN).text
    assert 'data-requires-python="&lt;4,&gt;=3.8"' in html


def test_case_39_an_anchor_is_called_as_the_end_of_its_address(app: TestApp, alice: Person):
    wheel = build_wheel("foo")
    publish(app, alice, wheel)

    (anchor,) = get_html(app, "/simple/foo/").anchors

    path, _, fragment = anchor.attributes["href"].partition("#")
    assert anchor.text == wheel.filename == path.rpartition("/")[2]
    assert fragment == f"sha256={wheel.sha256}"
    assert "data-yanked" not in anchor.attributes


def test_case_40_a_yank_without_a_reason(app: TestApp, engine: Engine, foo):
    change(engine, update(Release).values(yanked=True))

    assert get_file(app, "/simple/foo/")["yanked"] is True
    assert 'data-yanked=""' in get(app, "/simple/foo/", PLAIN)


def test_case_41_a_yank_with_a_reason_that_wants_to_be_markup(app: TestApp, engine: Engine, foo):
    change(engine, update(Release).values(yanked=True, yanked_reason='<b>"x"'))

    html = get(app, "/simple/foo/", PLAIN)

    assert get_file(app, "/simple/foo/")["yanked"] == '<b>"x"'
    assert 'data-yanked="&lt;b&gt;&quot;x&quot;"' in html.text
    assert get_html(app, "/simple/foo/").anchors[0].attributes["data-yanked"] == '<b>"x"'


def test_case_42_a_yank_that_is_taken_back(app: TestApp, engine: Engine, foo):
    change(engine, update(Release).values(yanked=True, yanked_reason="broken"))
    assert get_file(app, "/simple/foo/")["yanked"] == "broken"

    change(engine, update(Release).values(yanked=False))

    assert get_file(app, "/simple/foo/")["yanked"] is False
    assert "data-yanked" not in get(app, "/simple/foo/", PLAIN)


def test_case_45_both_names_of_the_metadata_say_the_same(app: TestApp, foo):
    file = get_file(app, "/simple/foo/")
    (anchor,) = get_html(app, "/simple/foo/").anchors

    sha256 = file["core-metadata"]["sha256"]
    assert file["dist-info-metadata"] == file["core-metadata"]
    assert anchor.attributes["data-core-metadata"] == f"sha256={sha256}"
    assert anchor.attributes["data-dist-info-metadata"] == f"sha256={sha256}"


def test_case_46_a_source_distribution_advertises_no_metadata(app: TestApp, alice: Person):
    publish(app, alice, build_sdist("foo"))

    file = get_file(app, "/simple/foo/")

    assert not file.get("core-metadata")
    assert not file.get("dist-info-metadata")
    assert "metadata" not in get(app, "/simple/foo/", PLAIN)


def test_an_active_project_says_so_in_json_and_nothing_in_html(app: TestApp, foo):
    assert get(app, "/simple/foo/").json["project-status"] == {"status": "active"}
    assert list(get_html(app, "/simple/foo/").metas) == ["pypi:repository-version"]


@pytest.mark.parametrize("status", [ProjectStatus.ARCHIVED, ProjectStatus.DEPRECATED])
def test_case_48_an_archived_project_says_so_and_offers_its_files(
    app: TestApp, engine: Engine, foo, status: ProjectStatus
):
    give_status(engine, status)

    page = get(app, "/simple/foo/", status=200).json
    html = get_html(app, "/simple/foo/")

    assert page["project-status"] == {"status": status.value}
    assert [file["filename"] for file in page["files"]] == ["foo-1.0-py3-none-any.whl"]
    assert page["versions"] == ["1.0"]
    assert html.metas["pypi:project-status"] == status.value
    assert "pypi:project-status-reason" not in html.metas
    assert len(html.anchors) == 1


def test_case_48_the_reason_is_told_with_the_status(app: TestApp, engine: Engine, foo):
    reason = 'use "bar" <instead>'
    give_status(engine, ProjectStatus.ARCHIVED, reason=reason)

    page = get(app, "/simple/foo/").json
    html = get_html(app, "/simple/foo/")

    assert page["project-status"] == {"status": "archived", "reason": reason}
    assert html.metas["pypi:project-status-reason"] == reason


def test_case_51_a_quarantined_project_is_there_and_offers_nothing(app, engine: Engine, foo):
    before = get(app, "/simple/foo/")
    give_status(engine, ProjectStatus.QUARANTINED, reason="malware")

    known = {"Accept": JSON, "If-None-Match": before.headers["ETag"]}
    page = app.get("/simple/foo/", headers=known, status=200).json
    html = get_html(app, "/simple/foo/")

    assert page["project-status"] == {"status": "quarantined", "reason": "malware"}
    assert page["files"] == []
    assert html.metas["pypi:project-status"] == "quarantined"
    assert html.anchors == []


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo/"])
def test_case_54_nothing_of_another_version_is_answered(app: TestApp, foo, path: str):
    answer = get(app, path)

    others = {"namespaces", "tracks", "alternate-locations"}
    assert not others & {*answer.json, *answer.json["meta"]}
    assert not others & set(get(app, path, PLAIN).text.split('"'))


def test_case_55_html_stays_when_json_goes_on(app, foo, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(simple_api, "API_VERSION", "1.5")
    db_page = simple_api.ProjectPage(name="foo", serial=1, versions=(), files=())

    assert b'"api-version":"1.5"' in simple_api.page_to_json(db_page)
    assert b'repository-version" content="1.4"' in simple_api.page_to_html(db_page)


def test_case_56_an_upload_moves_every_serial(app: TestApp, alice: Person, foo):
    before = _read_serials(app)

    publish(app, alice, build_wheel("foo", "1.1"))

    after = _read_serials(app)
    assert min(before) >= 1
    assert all(new > old for old, new in zip(before, after, strict=True))


def _read_serials(app: TestApp) -> list[int]:
    listed, page = get(app, "/simple/"), get(app, "/simple/foo/")
    return [
        int(page.headers["X-PyPI-Last-Serial"]),
        page.json["meta"]["_last-serial"],
        int(listed.headers["X-PyPI-Last-Serial"]),
        listed.json["meta"]["_last-serial"],
        listed.json["projects"][0]["_last-serial"],
    ]


@pytest.mark.parametrize("path", ["/simple/", "/simple/foo/", "/simple/nope/"])
def test_case_57_strangers_are_asked_for_credentials(make_app: MakeApp, alice: Person, path: str):
    private = make_app(anonymous_read="false")
    publish(private, alice, build_wheel("foo"))

    answer = get(private, path, status=401)

    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert "Authorization" in answer.vary


def test_case_58_a_token_opens_a_private_index(make_app: MakeApp, alice: Person):
    private = make_app(anonymous_read="false")
    publish(private, alice, build_wheel("foo"))

    answer = private.get("/simple/foo/", headers={"Accept": JSON, **alice.basic}, status=200)

    assert {"Accept", "Authorization"} <= set(answer.vary)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert private.get(urljoin("/simple/foo/", answer.json["files"][0]["url"]), status=401)
