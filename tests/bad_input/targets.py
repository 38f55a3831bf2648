"""Addresses and forms: near what the site has, and far from it."""

from typing import TypeVar
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

from tests.distributions import build_wheel

T = TypeVar("T")

WHEEL = build_wheel()
_DIGEST = f"{WHEEL.sha256[:2]}/{WHEEL.sha256[2:4]}/{WHEEL.sha256[4:]}"


def _quote(raw: bytes) -> bytes:
    return quote_from_bytes(raw).encode()


def _quoted_text(max_size: int) -> st.SearchStrategy[bytes]:
    text = st.text(st.characters(codec="utf-8"), max_size=max_size)
    return text.map(lambda each: _quote(each.encode()))


_PLACES = [
    b"/",
    b"/simple",
    b"/simple/",
    b"/simple/sample/",
    b"/project/",
    b"/project/sample/",
    b"/project/sample/1.0/",
    b"/pypi/sample/json",
    b"/pypi/sample/1.0/json",
    f"/files/{_DIGEST}/".encode(),
    f"/files/{_DIGEST}/{WHEEL.filename}".encode(),
    f"/packages/{_DIGEST}/{WHEEL.filename}.metadata".encode(),
    b"/search/",
    b"/static/",
    b"/static/base.css",
    b"/account/",
    b"/account/login",
    b"/account/logout",
    b"/account/setup",
    b"/account/tokens/",
    b"/account/tokens/report",
    b"/account/tokens/revoke",
    b"/account/tokens/2/revoke",
    b"/legacy",
    b"/legacy/",
    b"/legacy/sample/1.0/",
    b"/_health/live",
    b"/_health/ready",
    b"/_/oidc/audience",
    b"/_/oidc/mint-token",
    b"/.well-known/pytp",
]
_PREFIXES = [
    b"/",
    b"/simple/",
    b"/project/",
    b"/project/sample/",
    b"/pypi/",
    b"/pypi/sample/",
    b"/files/",
    f"/files/{_DIGEST}/".encode(),
    b"/packages/",
    b"/search/",
    b"/static/",
    b"/account/tokens/",
    b"/legacy/",
    b"/legacy/sample/",
    b"/_health/",
    b"/_/",
]
_SEGMENTS = st.one_of(
    st.sampled_from(
        [
            b"",
            b".",
            b"..",
            b"%2e%2e",
            b"%2F",
            b"%5C",
            b"%0d%0aX-Injected:1",
            b"%E2%84%AAat",
            b"%EF%BF%BF",
            b"%",
            b"%zz",
            b"sample",
            b"Sa_Mple",
            b"sample-1.0.tar.gz",
            b"1.0",
            b"1!0.0+%C3%A4",
            b"9" * 5000,
            b"x" * 200,
            b"json",
            b"2",
            b"%D9%A3",
            b"revoke",
            b"*:%40@",
        ]
    ),
    _quoted_text(8),
)
_BROKEN_SEGMENTS = st.one_of(
    st.sampled_from(
        [
            b"%00",
            b"%FF",
            b"%C0%AF",  # a slash in too many bytes
            b"%F0%82%82%AC",
            b"%ED%A0%80",  # half of a pair
        ]
    ),
    st.binary(max_size=8).map(_quote),
    st.binary(max_size=8),
)
_ENDINGS = st.sampled_from([b"", b"/", b"//", b"/json", b"/json/", b".metadata"])


def seldom(strategy: st.SearchStrategy[T], otherwise: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.integers(0, 9).flatmap(lambda number: otherwise if number else strategy)


def _below(prefixes: list[bytes], segments: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda prefix, below, ending: prefix + b"/".join(below) + ending,
        st.sampled_from(prefixes),
        st.lists(segments, max_size=3),
        _ENDINGS,
    )


PATHS = seldom(
    _below(_PREFIXES + _PLACES, _SEGMENTS | _BROKEN_SEGMENTS) | st.binary(max_size=20),
    st.sampled_from(_PLACES) | _below(_PREFIXES, _SEGMENTS),
)
_FIELDS = st.sampled_from(
    [
        b"q",
        b"page",
        b"format",
        b"next",
        b"key",
        b"name",
        b"password",
        b"csrf_token",
        b"days",
        b"project",
        b"email",
        b":action",
        b"_charset_",
        b"",
    ]
)
_CONTENTS = st.one_of(
    st.sampled_from(
        [
            b"",
            b"%",
            b"0",
            b"1",
            b"-1",
            b"%D9%A3",  # digits that are not of ASCII
            b"%C2%B2",
            b"99999",
            b"9" * 40,
            b"1e5",
            b"a%20%20b",
            b"%25%5F",
            b"sample",
            b"//example.org",
            b"/%0d%0aSet-Cookie:a=b",
            b"/%5Cexample.org",
            b"application/vnd.pypi.simple.v1+json",
            b"application/vnd.pypi.simple.v1%2Bhtml",
            b"file_upload",
        ]
    ),
    _quoted_text(10),
)
_BROKEN_CONTENTS = st.sampled_from([b"%00", b"%FF", b"%FF=%00"]) | st.binary(max_size=10)


def _forms(contents: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    fields = st.builds(lambda name, value: name + b"=" + value, _FIELDS, contents)
    return st.lists(fields, max_size=4).map(b"&".join)


FORMS = seldom(_forms(_CONTENTS | _BROKEN_CONTENTS), _forms(_CONTENTS))
