"""Files of a fake upstream, and where a mirror has them."""

import random
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Engine, select
from webtest import TestApp

from pypi_web import mirror
from pypi_web.data import MirroredFile
from pypi_web.data.session import reading
from pypi_web.standards.simple_api import Format
from pypi_web.upstream import Limits, Upstream
from tests.distributions import Distribution, build_wheel

JSON = {"Accept": Format.JSON.value}


def big_wheel(size: int = 4 << 20, name: str = "large") -> Distribution:
    """One that no compression makes smaller."""
    return build_wheel(name, extra={f"{name}_data.bin": random.Random(size).randbytes(size)})


def tell_files(app: TestApp, name: str) -> list[dict[str, Any]]:
    """What a page says of its files, with addresses from the root."""
    files = app.get(f"/simple/{name}/", headers=JSON).json["files"]
    return [each | {"url": each["url"].removeprefix("../..")} for each in files]


def url_of(app: TestApp, name: str) -> str:
    """The address of a project's only file."""
    (file,) = tell_files(app, name)
    return file["url"]


def address_of(distribution: Distribution) -> str:
    digest = distribution.sha256
    return f"/files/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{distribution.filename}"


def list_kept(engine: Engine) -> set[str]:
    """The names of the files that the mirror says it has."""
    with reading(engine) as db:
        return set(db.scalars(select(MirroredFile.filename).where(MirroredFile.is_kept)))


def be_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """For applications that are made from now on."""
    limits = Limits(connect_seconds=5, read_seconds=1.5, whole_seconds=5, file_pace=1 << 20)
    monkeypatch.setattr(mirror, "Upstream", partial(Upstream, limits=limits))
