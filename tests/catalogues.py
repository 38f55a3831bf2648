"""Documents of a catalogue, as other indexes give them at /pypi/<project>/json."""

import hashlib
import json
from typing import Any


def document(
    name: str = "Sample",
    version: str = "1.0",
    *,
    releases: dict[str, list[dict[str, Any]]] | None = None,
    **info: Any,
) -> dict[str, Any]:
    """A document of a project with one release, or with `releases`; `info` tells more of it."""
    if releases is None:
        releases = {version: [file(f"{name.lower()}-{version}.tar.gz")]}
    return {"info": {"name": name, "version": version, **info}, "releases": releases}


def file(filename: str, content: bytes = b"", **changes: Any) -> dict[str, Any]:
    """A file of a document."""
    return {
        "filename": filename,
        "packagetype": "bdist_wheel" if filename.endswith(".whl") else "sdist",
        "python_version": "source",
        "size": len(content),
        "digests": {
            "md5": hashlib.md5(content).hexdigest(),
            "sha256": hashlib.sha256(content).hexdigest(),
        },
        "url": f"https://files.example.org/{filename}",
        "upload_time": "2018-04-10T10:48:21",
        **changes,
    }


def encode(document: Any) -> bytes:
    return json.dumps(document).encode()
