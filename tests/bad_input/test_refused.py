"""What is wrong about a request is told with the status that it has, and in a sentence."""

import io

import pytest
from webtest import TestApp

from pypi_web.site.clean_requests import MAX_ADDRESS, MAX_FORM, MAX_HEADERS
from tests.bad_input.raw import ask
from tests.distributions import Distribution, build_wheel
from tests.people import Person
from tests.publishing import publish

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NOTHING = "There is nothing at this address"
NO_NAME = "not a name that a project can have"


@pytest.fixture(autouse=True)
def wheel(app: TestApp, alice: Person) -> Distribution:
    wheel = build_wheel()
    publish(app, alice, wheel)
    return wheel


def refuse(app: TestApp, target: bytes, status: int, sentence: str, **more) -> None:
    answer = ask(app.app, target, **more)

    assert answer.status == status, answer.status_line
    assert sentence in answer.body.decode().replace("&#39;", "'")


@pytest.mark.parametrize(
    "name",
    [
        b"-x",
        b"x-",
        b".",
        b"..",
        b"a%20b",
        b"a:b",
        b"%E2%84%AAat",
        b"%EF%BC%A1",
        b"caf%C3%A9",
        b"a%0Ab",
        b"a%0A",
        b"a%5Cb",
        b"%3Cscript%3E",
        b"*",
        b"%25",
    ],
)
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (b"/simple/%s/", NO_NAME),
        (b"/simple/%s", NO_NAME),
        (b"/project/%s/", NO_NAME),
        (b"/project/%s/1.0/", NO_NAME),
        (b"/pypi/%s/json", "Not Found"),
        (b"/pypi/%s/1.0/json", "Not Found"),
        (b"/legacy/%s/1.0/", NOTHING),
    ],
)
def test_a_name_that_is_none(app: TestApp, place: bytes, sentence: str, name: bytes):
    refuse(app, place % name, 404, sentence)


@pytest.mark.parametrize("version", [b"9" * 5000, b"1-" + b"1" * 127, b"%C3%A4" * 200])
@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        (b"/project/sample/%s/", "not a version"),
        (b"/pypi/sample/%s/json", "Not Found"),
        (b"/legacy/sample/%s/", NOTHING),
    ],
)
def test_a_version_that_is_none(app: TestApp, place: bytes, sentence: str, version: bytes):
    refuse(app, place % version, 404, sentence)


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT"])
@pytest.mark.parametrize(
    "broken",
    [b"%FF", b"%C0%AF", b"%F0%82%82%AC", b"%ED%A0%80", b"%80", b"\xff", b"%00%FF", b"%FF%00"],
)
@pytest.mark.parametrize(
    "place", [b"/%s", b"/simple/%s/", b"/project/%s/", b"/files/%s", b"/pypi/%s/json", b"/_/%s"]
)
def test_a_path_that_is_not_utf_8(app: TestApp, place: bytes, broken: bytes, method: str):
    answer = ask(app.app, place % broken, method=method)

    assert answer.status == 400
    assert method == "HEAD" or b"not written in UTF-8" in answer.body


@pytest.mark.parametrize("query", [b"q=%FF", b"%FF=1", b"format=%C0%AF", b"next=%ED%A0%80"])
def test_a_query_that_is_not_utf_8(app: TestApp, query: bytes):
    for path in (b"/search/", b"/simple/", b"/account/login", b"/pypi/sample/json", b"/nothing"):
        refuse(app, path + b"?" + query, 400, "not written in UTF-8")


def test_a_form_that_is_not_utf_8(app: TestApp):
    for body in (b"name=%FF", b"%FF=x"):
        refuse(app, b"/account/login", 400, "not written", method="POST", headers=FORM, body=body)


@pytest.mark.parametrize("path", [b"/%s", b"/simple/%s/", b"/project/sample/%s/", b"/files/%s"])
def test_a_zero_byte_in_a_path(app: TestApp, path: bytes):
    refuse(app, path % b"a%00b", 404, "There is nothing at this address")
    assert ask(app.app, path % b"a%00b", method="POST").status == 404


def test_a_zero_byte_in_a_query_or_a_form(app: TestApp):
    refuse(app, b"/search/?q=%00", 400, "A zero byte stands in the address")
    post = {"method": "POST", "headers": FORM}
    refuse(app, b"/account/login", 400, "A zero byte stands in the form", **post, body=b"name=%00")


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        (b"/simple/?format=bogus", {}),
        (b"/simple/sample/?format=", {}),
        (b"/simple/?format=application/vnd.pypi.simple.v2+json", {"Accept": "*/*"}),
        (b"/simple/", {"Accept": "application/json"}),
        (b"/simple/sample/", {"Accept": "image/*, application/vnd.pypi.simple.v9+html"}),
        (b"/simple/", {"Accept": "*/*;q=0"}),
    ],
)
def test_a_format_that_there_is_not(app: TestApp, target: bytes, headers: dict[str, str]):
    refuse(app, target, 406, "This index speaks application/vnd.pypi", headers=headers)


@pytest.mark.parametrize("accept", ["\xff", "/", "a/b;q=", ";;", "a/b, " * 10_000, "\x00"])
def test_a_wish_for_a_format_that_cannot_be_read_is_none(app: TestApp, accept: str):
    for path in (b"/simple/", b"/simple/sample/"):
        answer = ask(app.app, path, headers={"Accept": accept[: MAX_HEADERS - 100]})

        assert answer.status == 200
        assert dict(answer.headers)["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)),
        "bytes=0-" + "9" * 5000,
        "bytes=-",
        "bytes=\xb2-\xb3",
        "bytes=9-1",
        "bytes=-0",
        "octets=0-1",
    ],
)
def test_a_range_that_is_none_gets_the_whole(app: TestApp, wheel: Distribution, asked: str):
    path = f"/files/{wheel.sha256[:2]}/{wheel.sha256[2:4]}/{wheel.sha256[4:]}/{wheel.filename}"

    answer = ask(app.app, path.encode(), headers={"Range": asked})

    assert (answer.status, answer.body) == (200, wheel.content)


@pytest.mark.parametrize("asked", ["bytes=999999999999999999-", "bytes=5000-6000"])
def test_a_range_that_the_file_has_not(app: TestApp, wheel: Distribution, asked: str):
    path = f"/files/{wheel.sha256[:2]}/{wheel.sha256[2:4]}/{wheel.sha256[4:]}/{wheel.filename}"

    answer = ask(app.app, path.encode(), headers={"Range": asked})

    assert answer.status == 416
    assert dict(answer.headers)["Content-Range"] == f"bytes */{len(wheel.content)}"


@pytest.mark.parametrize(
    "host",
    ["", " ", "a b", "a/b", "<script>", "user@host", "a,b", "\xff", "[::1", "a:port", "x" * 300],
)
def test_a_host_that_is_none(app: TestApp, host: str):
    for path in (b"/", b"/simple", b"/nothing", b"/pypi/sample/json"):
        refuse(app, path, 400, "The Host header names no host", headers={"Host": host})


@pytest.mark.parametrize("host", ["localhost", "pypi_web:81", "[::1]:6543", "10.0.0.1"])
def test_a_host_that_is_one(app: TestApp, host: str):
    answer = ask(app.app, b"/simple", headers={"Host": host})

    assert dict(answer.headers)["Location"] == f"http://{host}/simple/"


@pytest.mark.parametrize("path", [b"/", b"/simple/", b"/pypi/sample/json", b"/nothing"])
def test_more_headers_than_anybody_needs(app: TestApp, path: bytes):
    for headers in (
        {"Cookie": "a=b; " * 20_000},
        {"Authorization": "Basic " + "A" * 100_000},
        {f"X-{number}": "y" * 100 for number in range(1000)},
        {"Content-Type": "multipart/form-data" + "; a=b" * 20_000},
    ):
        answer = ask(app.app, path + b"?x=1", headers=headers)

        assert answer.status == 431
        assert b"headers of a request have at most 32,768 characters" in answer.body


def test_an_address_that_is_too_long(app: TestApp):
    for target in (b"/" + b"a" * MAX_ADDRESS, b"/search/?q=" + b"a" * MAX_ADDRESS):
        for path in (target, b"/simple" + target):
            refuse(app, path, 414, "An address has at most 8,192 characters")


@pytest.mark.parametrize(
    ("status", "sentence", "request_"),
    [
        (415, "No page takes files: publish to http://localhost/legacy/",
         {"headers": {"Content-Type": "multipart/form-data; boundary=x"}, "body": b"--x--"}),
        (411, "Send the form with a Content-Length", {"headers": FORM}),
        (413, "A form has at most 65,536 bytes",
         {"headers": {**FORM, "Content-Length": str(MAX_FORM + 1)}}),
        (403, "form came without the mark of this site", {"headers": FORM, "body": b"a&b&=;=%"}),
    ],
)  # fmt: skip
def test_a_form_that_is_none(app: TestApp, status: int, sentence: str, request_: dict):
    refuse(app, b"/account/login", status, sentence, method="POST", **request_)


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("PUT", b"/legacy/", 405),
        ("DELETE", b"/legacy/", 405),
        ("GET", b"/legacy/", 405),
        ("PUT", b"/simple/", 404),
        ("DELETE", b"/files/x", 404),
        ("BREW", b"/project/sample/", 404),
        ("get", b"/simple/", 404),
    ],
)
def test_a_method_that_there_is_not(app: TestApp, method: str, target: bytes, status: int):
    refuse(app, target, status, " ", method=method, headers=FORM, body=b"a=b")


def test_no_body_is_read_where_no_page_takes_one(app: TestApp):
    class Unread(io.BytesIO):
        def read(self, *_: int) -> bytes:
            raise AssertionError("It was read.")

    form = {"CONTENT_TYPE": "multipart/form-data; boundary=x", "CONTENT_LENGTH": "9"}
    for method in ("GET", "PUT", "DELETE"):
        for path in ("/", "/static/base.css", "/legacy/", "/account/login"):
            app.request(
                path,
                method=method,
                environ={**form, "wsgi.input": Unread()},
                expect_errors=True,
            )
