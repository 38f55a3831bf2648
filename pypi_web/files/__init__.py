"""/files/: the bytes themselves, and counting downloads."""

from typing import Any


def includeme(config: Any) -> None:
    config.add_route(
        "files.file", r"/files/{a:[0-9a-f]{2}}/{b:[0-9a-f]{2}}/{rest:[0-9a-f]{60}}/{filename}"
    )
    config.include(".counting")
    config.scan(".views")
