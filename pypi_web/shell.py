"""What is at hand in `pshell development.ini`."""

from collections.abc import Iterator
from typing import Any

from pypi_web import data


def setup(env: dict[str, Any]) -> Iterator[None]:
    """`db`, `models` and `settings`; what was changed is lost unless one says `tm.commit()`."""
    request = env["request"]
    request.method = "POST"  # so that the session may write
    transactions = request.tm
    transactions.begin()
    env.update(
        db=request.db,
        models=data,
        settings=request.settings,
        storage=request.storage,
        tm=transactions,
    )
    try:
        yield
    finally:
        transactions.abort()
