"""The conformance cases of publishing, 66 to 94, and 49, 50, 53 and 100: each by its number."""

import base64
import hashlib
import io
import tarfile
import threading
from urllib.parse import quote, urljoin

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from webtest import TestApp

from pypi_web.accounts import tokens
from pypi_web.data import File, JournalEntry, Project, ProjectStatus, Release, User
from pypi_web.readmes import renderer
from tests import multipart
from tests.conftest import MakeApp
from tests.distributions import Distribution, build_sdist, build_wheel
from tests.people import Person
from tests.publishing import publish


@pytest.fixture
def send(app: TestApp, alice: Person):
    return lambda *args, **kwargs: post(app, alice, *args, **kwargs)


def post(app: TestApp, who: Person | None, dist: Distribution, *, status: int, accept="", **form):
    headers = {**(who.basic if who else {}), **({"Accept": accept} if accept else {})}
    return app.post(
        "/legacy/",
        dist.form(**form),
        upload_files=[("content", dist.filename, dist.content)],
        headers=headers,
        status=status,
    )


def count(db: Session, model: type) -> int:
    db.rollback()
    return db.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("status", [ProjectStatus.ARCHIVED, ProjectStatus.QUARANTINED])
def test_cases_49_and_53_nothing_is_added_to_a_project_that_is_closed(
    db: Session, app: TestApp, alice: Person, send, status: ProjectStatus
):
    publish(app, alice, build_wheel("foo", "1.0"))
    db.execute(update(Project).values(status=status))
    db.commit()

    answer = send(build_wheel("foo", "1.1"), status=403)

    assert f"foo is {status}" in answer.status
    assert count(db, File) == 1


def test_case_50_a_deprecated_project_takes_uploads(db: Session, app, alice: Person, send):
    publish(app, alice, build_wheel("foo", "1.0"))
    db.execute(update(Project).values(status=ProjectStatus.DEPRECATED))
    db.commit()

    send(build_wheel("foo", "1.1"), status=200)


def test_case_66_flit_sends_parts_without_types_and_an_older_version_than_the_file_has(
    db: Session, app: TestApp, alice: Person
):
    wheel = build_wheel("foo", "1.0", "Import-Name: foo", metadata_version="2.5")
    fields = wheel.form(metadata_version="2.3", pyversion=None, summary="not in the file").items()
    body = multipart.encode(*fields, ("content", wheel), content_type=None)

    app.post("/legacy/", body, headers=_headers(alice), status=200)

    release = db.scalars(select(Release)).one()
    assert (release.metadata_version, release.import_names) == ("2.5", ["foo"])
    assert release.summary is None


def test_case_67_uv_sends_fields_after_the_file(db: Session, app: TestApp, alice: Person):
    wheel = build_wheel("foo", "1.0", "Import-Name: foo", metadata_version="2.5")
    fields = list(wheel.form(metadata_version="2.5").items())
    body = multipart.encode(
        *fields[:3], ("content", wheel), *fields[3:], ("import_names", "foo"), ("import_name", "x")
    )

    app.post("/legacy/", body, headers=_headers(alice), status=200)

    assert db.scalars(select(Release.import_names)).one() == ["foo"]


@pytest.mark.parametrize("attestations", ["[]", '[{"version": 1}]'])
def test_case_100_attestations_that_nobody_verifies_are_refused_also_after_the_file(
    db: Session, app: TestApp, alice: Person, attestations: str
):
    wheel = build_wheel("foo")
    body = multipart.encode(
        *wheel.form().items(), ("content", wheel), ("attestations", attestations)
    )

    answer = app.post("/legacy/", body, headers=_headers(alice), status=400)

    assert "--no-attestations" in answer.status
    assert count(db, File) == 0


def test_case_68_the_same_again_is_a_success_and_no_new_row(db: Session, send):
    for _ in range(2):
        send(build_wheel("foo"), status=200)

    assert (count(db, File), count(db, JournalEntry)) == (1, 1)


def test_case_69_the_same_name_with_other_bytes_already_exists(send):
    send(build_wheel("foo"), status=200)

    answer = send(build_wheel("foo", "1.0", "Summary: other"), status=400)

    assert "already exist" in answer.status
    assert "already exist" in answer.text


def test_case_70_the_reason_is_the_code_in_json(send):
    send(build_wheel("foo"), status=200)
    other = build_wheel("foo", "1.0", "Summary: other")

    answer = send(other, accept="application/json;q=0.9, text/plain;q=0.8", status=400)

    assert "already exist" in answer.json["code"]


def test_case_71_the_name_of_a_deleted_file_stays_taken(db: Session, send):
    send(build_wheel("foo"), status=200)
    db.delete(db.scalars(select(File)).one())
    db.commit()

    answer = send(build_wheel("foo"), status=400)

    assert "already exist" not in answer.text
    assert "deleted" in answer.text


def test_case_72_of_two_at_once_one_is_stored_and_one_refused(
    db: Session, app: TestApp, alice: Person
):
    answers = []
    wheels = [build_wheel("foo", "1.0", f"Summary: {n}") for n in range(2)]

    def upload(wheel: Distribution) -> None:
        answers.append(post(app, alice, wheel, status="*"))

    threads = [threading.Thread(target=upload, args=[wheel]) for wheel in wheels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answer.status_int for answer in answers) == [200, 400]
    assert any("already exist" in answer.status for answer in answers)
    assert count(db, File) == 1


def test_case_73_a_second_source_distribution_of_a_release(db: Session, send):
    send(build_sdist("foo", "1.0"), status=200)

    answer = send(build_sdist("foo", "1.0.0"), status=400)

    assert "foo-1.0.tar.gz" in answer.status
    assert count(db, File) == 1


@pytest.mark.parametrize(("digest", "reason"), [(None, "no digest"), ("0" * 64, "damaged")])
def test_case_74_no_digest_or_a_wrong_one(db: Session, send, digest: str | None, reason: str):
    assert reason in send(build_wheel("foo"), sha256_digest=digest, status=400).status

    assert count(db, Project) == 0


def test_case_75_a_digest_in_upper_case(send):
    wheel = build_wheel("foo")
    blake2 = hashlib.blake2b(wheel.content, digest_size=32).hexdigest().upper()

    send(wheel, sha256_digest=wheel.sha256.upper(), blake2_256_digest=blake2, status=200)


def test_case_76_another_version_of_the_protocol(send):
    answer = send(build_wheel("foo"), protocol_version="2", status=400)

    assert "protocol_version" in answer.status


@pytest.mark.parametrize("action", ["submit", "submit_pkg_info", "doc_upload"])
def test_case_77_actions_that_are_gone(send, action: str):
    assert (
        f":action={action} is gone"
        in send(build_wheel("foo"), **{":action": action}, status=410).status
    )


def test_case_78_an_address_without_its_slash(app: TestApp):
    answer = app.post("/legacy", status=308)

    assert answer.headers["Location"] == "http://localhost:6543/legacy/"


def test_case_79_no_credentials(db: Session, app: TestApp):
    post(app, None, build_wheel("foo"), status=401)

    assert count(db, Project) == 0


def test_case_80_a_token_for_another_project(db: Session, app: TestApp, alice: Person, send):
    send(build_wheel("foo"), status=200)
    send(build_wheel("bar"), status=200)
    narrow = tokens.create_token(db, db.get_one(User, alice.id), name="x", projects=["bar"])
    db.commit()

    answer = post(
        app, Person(alice.id, "alice", narrow.text), build_wheel("foo", "1.1"), status=403
    )

    assert "may not publish to foo with this token" in answer.status
    assert count(db, File) == 2


@pytest.mark.parametrize(
    "filename",
    [
        "Foo.Bar-1.0.tar.gz",
        "foo.bar-1.0.tar.gz",
        "foo-bar-1.0.tar.gz",
        "Foo_Bar-1.0.tar.gz",
        "foo_bar-1.0.zip",
        "foo_bar-1.0-py3.11.egg",
        "foo_bar-1.0.tar.bz2",
        "foo_bar-v1.0.tar.gz",
    ],
)
def test_case_81_source_distributions_that_are_spelled_otherwise(db: Session, send, filename: str):
    sdist = build_sdist("Foo.Bar", "1.0")
    misnamed = Distribution(filename, sdist.content, "Foo.Bar", "1.0", "sdist")

    answer = send(misnamed, status=400)

    expected = "should be foo_bar-1.0.tar.gz" if filename.endswith(".gz") else "Invalid filename"
    assert expected in answer.status
    assert count(db, Project) == 0


@pytest.mark.parametrize(
    ("filename", "reason"),
    [
        pytest.param("foo-1.0-x1-py3-none-any.whl", "Invalid build number", id="82: build"),
        pytest.param("foo-1.0-py3.py2-none-any.whl", "be foo-1.0-py2.py3-none-any.whl", id="83"),
        pytest.param("foo-1.0-py3-none-any-x8664v3.whl", "Invalid build number", id="84: variant"),
        pytest.param("bar-1.0-py3-none-any.whl", "'foo-1.0.dist-info'", id="85: another name"),
        pytest.param("foo-1.1-py3-none-any.whl", "'foo-1.0.dist-info'", id="85: another version"),
        pytest.param("Foo-1.0-py3-none-any.whl", "should be foo-1.0-py3", id="name in capitals"),
        pytest.param("foo-1.0.post-py3-none-any.whl", "should be foo-1.0.post0", id="version"),
        pytest.param("foo-1.0-py3-none-Any.whl", "be foo-1.0-py3-none-any", id="tag in capitals"),
        pytest.param("foo-1.0-py3-none-manylinux_228_x86_64.whl", "no platform", id="platform"),
    ],
)
def test_cases_82_to_85_wheels_whose_names_are_wrong(db: Session, send, filename, reason):
    name, version = filename.split("-")[:2]
    wheel = build_wheel("foo", "1.0", filename=filename)

    answer = send(wheel, name=name, version=version, status=400)

    assert reason in answer.text
    assert count(db, Project) == 0


@pytest.mark.parametrize(
    "tags",
    [
        "cp311-abi3-manylinux_2_28_x86_64",
        "cp313-cp313-pyemscripten_2026_0_wasm32",
        "cp313-cp313t-musllinux_1_2_aarch64",
        "cp314-abi3t-win_arm64",
        "py2.py3-none-any",
        "cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64",
        "cp313-cp313-ios_13_0_arm64_iphoneos",
        "cp313-cp313-android_21_arm64_v8a",
        "cp311-cp311-linux_x86_64",
        "cp311-cp311-freebsd_13_2_release_amd64",
        "cp311-cp311-macosx_10_9_universal2",
        "1-py3-none-any",
    ],
)
def test_case_86_platforms_of_all_kinds(send, tags: str):
    send(build_wheel("foo", "1.0", filename=f"foo-1.0-{tags}.whl"), status=200)


@pytest.mark.parametrize(
    "version", ["1.0", "1.1", "1.2", "2.0", "2.1", "2.2", "2.3", "2.4", "2.5", "2.6"]
)
def test_case_87_metadata_of_all_versions_there_are(send, version: str):
    send(build_wheel("foo", metadata_version=version), status=200)


def test_case_87_metadata_of_a_version_to_come(send):
    assert "2.7" in send(build_wheel("foo", metadata_version="2.7"), status=400)


WRONG_METADATA = {
    "88: License and License-Expression": (
        ["License: MIT", "License-Expression: MIT"],
        "exclude each other",
    ),
    "89: no SPDX expression": (["License-Expression: Made Up"], "license-expression"),
    "89: a License-File that is not there": (["License-File: LICENSE"], "'LICENSE'"),
    "91: one name for both kinds of import": (
        ["Import-Name: foo ; private", "Import-Namespace: foo"],
        "both an Import-Name",
    ),
    "an extra twice": (["Provides-Extra: a_b", "Provides-Extra: a-b"], "'a-b' twice"),
    "a label that is too long": (
        [f"Project-URL: {'x' * 33}, https://example.org/"],
        "longer than 32",
    ),
    "a label without an address": (["Project-URL: Source"], "lacks"),
}


@pytest.mark.parametrize("case", WRONG_METADATA)
def test_cases_88_to_91_metadata_that_contradicts_itself(db: Session, send, case: str):
    fields, reason = WRONG_METADATA[case]

    answer = send(build_wheel("foo", "1.0", *fields, metadata_version="2.5"), status=400)

    assert reason in answer.text
    assert count(db, Project) == 0


def test_case_89_a_license_file_that_is_where_it_belongs(db: Session, send):
    wheel = build_wheel(
        "foo",
        "1.0",
        "License-Expression: mit OR apache-2.0",
        "License-File: LICENSES/MIT.txt",
        metadata_version="2.4",
        extra={"foo-1.0.dist-info/licenses/LICENSES/MIT.txt": b"MIT"},
    )

    send(wheel, status=200)

    assert db.scalars(select(Release.license_expression)).one() == "MIT OR Apache-2.0"


def test_case_90_a_license_expression_in_metadata_that_knows_none(send):
    wheel = build_wheel("foo", "1.0", "License-Expression: MIT", metadata_version="2.3")

    assert "2.4" in send(wheel, status=400)


def test_case_92_a_source_distribution_with_a_link_that_leads_out(db: Session, send):
    content = io.BytesIO(build_sdist("foo").content)
    changed = io.BytesIO()
    with tarfile.open(fileobj=content) as old, tarfile.open(fileobj=changed, mode="w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member))
        link = tarfile.TarInfo("foo-1.0/out")
        link.type, link.linkname = tarfile.SYMTYPE, "../../etc/passwd"
        new.addfile(link)

    sdist = Distribution("foo-1.0.tar.gz", changed.getvalue(), "foo", "1.0", "sdist")

    assert "foo-1.0/out" in send(sdist, status=400)
    assert count(db, Project) == 0


def test_case_92_a_wheel_with_something_after_its_end(db: Session, send):
    wheel = build_wheel("foo")
    longer = Distribution(wheel.filename, wheel.content + b"more", "foo", "1.0", "bdist_wheel")

    assert "end" in send(longer, status=400).status

    assert count(db, Project) == 0


def test_case_93_versions_that_are_one_release(db: Session, send):
    send(build_wheel("foo", "1.0"), status=200)
    send(build_wheel("foo", "1.0.0"), status=200)

    assert (count(db, Release), count(db, File)) == (1, 2)


def test_case_94_a_local_version_is_addressed_with_its_plus_encoded(app: TestApp, send):
    wheel = build_wheel("foo", "1.0+cu118")
    send(wheel, status=200)

    page = app.get("/simple/foo/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json
    url = page["files"][0]["url"]

    assert quote(wheel.filename) in url
    assert "%2B" in url
    assert app.get(urljoin("/simple/foo/", url)).body == wheel.content


@pytest.mark.parametrize(
    ("setting", "wheel"),
    [
        ("upload_local_versions", build_wheel("foo", "1.0+cu118")),
        ("upload_direct_urls", build_wheel("foo", "1.0", "Requires-Dist: x @ https://a.org/x.whl")),
        (
            "upload_local_platforms",
            build_wheel("foo", "1.0", filename="foo-1.0-py3-none-linux_x86_64.whl"),
        ),
        ("new_projects", build_wheel("foo")),
    ],
)
def test_what_an_open_index_takes_from_no_one_is_a_matter_of_settings(
    make_app: MakeApp, db: Session, alice: Person, setting: str, wheel: Distribution
):
    value = "administrators" if setting == "new_projects" else "false"

    answer = post(make_app(**{setting: value}), alice, wheel, status="*")

    assert answer.status_int == (403 if setting == "new_projects" else 400)
    assert f"setting pypi_web.{setting}" in answer.text
    assert count(db, Project) == 0
    post(make_app(), alice, wheel, status=200)


def _headers(who: Person) -> dict[str, str]:
    return {**who.basic, "Content-Type": multipart.CONTENT_TYPE}


def test_bytes_of_a_signature_beside_the_file_are_passed_over(app: TestApp, alice: Person):
    wheel = build_wheel("foo")
    signature = Distribution("foo.asc", base64.b64decode("/////w=="), "", "", "")
    body = multipart.encode(*wheel.form().items(), ("gpg_signature", signature), ("content", wheel))

    app.post("/legacy/", body, headers=_headers(alice), status=200)


def test_the_address_that_hatch_prints_leads_to_the_release(app: TestApp, send):
    send(build_wheel("foo"), status=200)

    page = app.get("/legacy/foo/1.0/", status=302).follow()

    assert page.request.path == "/project/foo/1.0/"


def test_older_spellings_are_taken_where_a_setting_says_so(
    make_app: MakeApp, db: Session, alice: Person
):
    app = make_app(upload_exact_filenames="false")
    tags = "cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"
    wheel = build_wheel("Foo", "1.0", filename=f"Foo-1.0-{tags}.whl")

    publish(app, alice, wheel)

    assert wheel.filename in app.get("/simple/foo/")


def test_a_readme_that_cannot_be_rendered_is_warned_of(app: TestApp, db: Session, send):
    wheel = build_wheel("foo", description="Title\n==\n\n.. nonsense::\n")

    answer = send(wheel, status=200)

    assert answer.text.startswith("OK\nWarning: The README cannot be rendered")
    assert "nonsense" in app.get("/project/foo/").html.select_one("pre.plain-text").text


def test_a_readme_that_cannot_be_rendered_is_refused_where_a_setting_says_so(
    make_app: MakeApp, db: Session, alice: Person
):
    wheel = build_wheel("foo", description=".. nonsense::\n")

    answer = post(make_app(upload_strict_readme="true"), alice, wheel, status=400)

    assert "The README cannot be rendered" in answer.status
    assert count(db, Project) == 0


def test_a_readme_is_rendered_for_the_first_file_of_a_release_alone(
    app: TestApp, alice: Person, monkeypatch: pytest.MonkeyPatch
):
    rendered = []
    render = renderer.render
    monkeypatch.setattr(renderer, "render", lambda *source: rendered.append(1) or render(*source))
    tags = ("py2-none-any", "py3-none-any", "py3-none-win32")

    publish(
        app,
        alice,
        *(build_wheel("foo", description="x", filename=f"foo-1.0-{tag}.whl") for tag in tags),
    )

    assert len(rendered) == 1
