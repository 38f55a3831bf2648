"""A form is read whatever the order of its parts and however its bytes arrive."""

import hashlib
import io
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pypi_web.uploads import forms
from pypi_web.uploads.forms import receive
from pypi_web.uploads.refusal import UploadRefused
from tests import multipart
from tests.distributions import Distribution

NAMES = st.from_regex(r"[a-z_:]{1,12}", fullmatch=True).filter(lambda name: name != "content")
VALUES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda value: multipart.BOUNDARY not in value
)


class Dribble(io.BytesIO):
    """A body that arrives in small pieces."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, _size: int | None = -1) -> bytes:
        return super().read(self._size)


@given(
    st.lists(st.tuples(NAMES, VALUES), max_size=8),
    st.binary(min_size=1, max_size=300),
    st.data(),
    st.integers(1, 64),
)
def test_fields_and_file_come_out_as_they_went_in(fields, content: bytes, data, size: int):
    file = Distribution("x.whl", content, "", "", "")
    parts = data.draw(st.permutations([*fields, ("content", file)]))
    body = Dribble(multipart.encode(*parts), size)

    with receive(body, multipart.CONTENT_TYPE, limit=1_000_000) as form:
        kept = form.file.content.read() if form.file.content.seek(0) == 0 else b""

    values = {name: [] for name, _ in fields}
    for name, value in parts:
        if name != "content":
            values[name].append(value.strip())
    assert form.fields == values
    assert kept == content
    assert form.file.size == len(content)
    assert form.file.sha256 == hashlib.sha256(content).hexdigest()
    assert form.file.blake2b_256 == hashlib.blake2b(content, digest_size=32).hexdigest()
    assert form.file.md5 == hashlib.md5(content).hexdigest()


@given(st.binary(max_size=400), st.integers(1, 64))
def test_any_bytes_are_a_form_or_are_refused(garbage: bytes, size: int):
    for body in (garbage, f"--{multipart.BOUNDARY}\r\n".encode() + garbage):
        with (
            suppress(UploadRefused),
            receive(Dribble(body, size), multipart.CONTENT_TYPE, limit=10_000) as form,
        ):
            assert form.file is None or form.file.size < len(body)


def test_a_large_file_goes_to_the_disk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(forms, "MAX_IN_MEMORY", 1000)
    file = Distribution("x.whl", b"x" * 5000, "", "", "")
    body = io.BytesIO(multipart.encode(("content", file)))

    with receive(body, multipart.CONTENT_TYPE, limit=10_000) as form:
        assert form.file.content._rolled
        form.file.content.seek(0)
        assert form.file.content.read() == file.content
