"""Small wheels as they are published, and the requests that publish them, made beforehand."""

import hashlib
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass

from tests.distributions import Distribution, build_wheel

PROJECTS = 20

_FIELDS = (
    ("Summary", "What it is for, in one sentence"),
    ("Author-email", "Some Author <author@example.org>"),
    ("License-Expression", "MIT"),
    ("Project-URL", "Documentation, https://docs.example.org/"),
    ("Project-URL", "Source, https://git.example.org/"),
    ("Keywords", "sample,benchmark"),
    ("Classifier", "Development Status :: 5 - Production/Stable"),
    ("Classifier", "Intended Audience :: Developers"),
    ("Classifier", "Programming Language :: Python :: 3"),
    ("Requires-Python", ">=3.9"),
    ("Requires-Dist", "packaging>=24"),
    ("Requires-Dist", 'tomli>=2; python_version < "3.11"'),
    ("Description-Content-Type", "text/markdown"),
)

_README = """\
# {name}

What it is for, in **one** sentence.

```python
import {module}
```

* It does *this*.
* It does [that](https://docs.example.org/).
"""

_BOUNDARY = "a-boundary-that-no-wheel-holds"


@dataclass(frozen=True)
class Upload:
    """A wheel with its form, as twine writes it."""

    project: str
    filename: str
    body: bytes
    sha256: str

    def request(self, path: str, user: str, password: str) -> bytes:
        """All that is sent to publish it."""
        credentials = b64encode(f"{user}:{password}".encode()).decode()
        head = (
            f"POST {path} HTTP/1.1\r\n"
            "Host: 127.0.0.1\r\n"
            "User-Agent: benchmarks\r\n"
            "Accept: */*\r\n"
            f"Authorization: Basic {credentials}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
            f"Content-Length: {len(self.body)}\r\n"
            "\r\n"
        )
        return head.encode() + self.body


def make_uploads(count: int, *, series: int) -> list[Upload]:
    """So many wheels of `PROJECTS` projects in turn, none of which another series has."""
    return [
        make_upload(project_name(number), f"{series}.{number // PROJECTS}")
        for number in range(count)
    ]


def project_name(number: int) -> str:
    return f"small-{number % PROJECTS:02}"


def make_upload(project: str, version: str, *, size: int = 0) -> Upload:
    """A wheel, with a member of so many bytes that cannot be compressed."""
    module = project.replace("-", "_")
    readme = _README.format(name=project, module=module)
    wheel = build_wheel(
        project,
        version,
        *(f"{name}: {value}" for name, value in _FIELDS),
        description=readme,
        metadata_version="2.4",
        extra={
            f"{module}_data/__init__.py": b'"""What it needs."""\n',
            f"{module}_data/words.txt": f"{project} {version}\n".encode() * 20,
            **({f"{module}_data/data.bin": os.urandom(size)} if size else {}),
        },
    )
    return Upload(project, wheel.filename, b"".join(_write_form(wheel, readme)), wheel.sha256)


def _write_form(wheel: Distribution, readme: str) -> Iterator[bytes]:
    fields = [
        *wheel.form(metadata_version="2.4").items(),
        ("blake2_256_digest", hashlib.blake2b(wheel.content, digest_size=32).hexdigest()),
        ("md5_digest", hashlib.md5(wheel.content).hexdigest()),
        ("description", readme),
        *((_form_name(name), value) for name, value in _FIELDS),
    ]
    for name, value in fields:
        yield (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        ).encode()
    yield (
        f"--{_BOUNDARY}\r\n"
        f'Content-Disposition: form-data; name="content"; filename="{wheel.filename}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    ).encode()
    yield wheel.content
    yield f"\r\n--{_BOUNDARY}--\r\n".encode()


def _form_name(field: str) -> str:
    """A field of core metadata as the form calls it."""
    name = field.lower().replace("-", "_")
    return {"project_url": "project_urls", "classifier": "classifiers"}.get(name, name)
