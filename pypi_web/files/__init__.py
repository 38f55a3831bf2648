"""/files/: the bytes themselves, and counting downloads."""

from typing import Any


def includeme(config: Any) -> None:
    below = "{a:[0-9a-f]{2}}/{b:[0-9a-f]{2}}/{rest:[0-9a-f]{60}}/{filename}"
    config.add_route("files.file", f"/files/{below}")
    config.add_route("files.file_for_mirrors", f"/packages/{below}")
    config.include(".counting")
    config.scan(".views")
