"""Wheels and source distributions made by the tests; nothing is needed to build or install them."""

import base64
import hashlib
import io
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

BACKEND = '''
"""A build backend that needs nothing: the source distribution is its own wheel but for a name."""
import base64, hashlib, pathlib, zipfile

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    metadata = pathlib.Path("PKG-INFO").read_text()
    fields = dict(line.split(": ", 1) for line in metadata.splitlines() if ": " in line)
    stem = fields["Name"].replace("-", "_").lower() + "-" + fields["Version"]
    name = stem + "-py3-none-any.whl"
    module = fields["Name"].replace("-", "_").lower()
    with zipfile.ZipFile(pathlib.Path(wheel_directory, name), "w") as wheel:
        wheel.writestr(module + ".py", pathlib.Path(module + ".py").read_bytes())
        wheel.writestr(stem + ".dist-info/METADATA", metadata)
        wheel.writestr(stem + ".dist-info/WHEEL",
            "Wheel-Version: 1.0\\nGenerator: tests\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(stem + ".dist-info/RECORD", "")
    return name
'''


@dataclass(frozen=True)
class Distribution:
    filename: str
    content: bytes
    name: str
    version: str
    filetype: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def write_to(self, folder: Path) -> Path:
        path = folder / self.filename
        path.write_bytes(self.content)
        return path

    def form(self, **changes: str | None) -> dict[str, str]:
        """The fields that a client sends beside the file; None leaves one out."""
        fields: dict[str, str | None] = {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.1",
            "name": self.name,
            "version": self.version,
            "filetype": self.filetype,
            "pyversion": "source" if self.filetype == "sdist" else "py3",
            "sha256_digest": self.sha256,
            **changes,
        }
        return {name: value for name, value in fields.items() if value is not None}


def metadata_text(
    name: str, version: str, *fields: str, description: str = "", metadata_version: str = "2.1"
) -> str:
    """Core metadata with the given further lines, such as `Requires-Dist: other`."""
    lines = [
        f"Metadata-Version: {metadata_version}",
        f"Name: {name}",
        f"Version: {version}",
        *fields,
    ]
    return "\n".join(lines) + "\n" + (f"\n{description}" if description else "")


def build_wheel(
    name: str = "sample",
    version: str = "1.0",
    *fields: str,
    description: str = "",
    metadata: str | None = None,
    filename: str | None = None,
    extra: dict[str, bytes] | None = None,
    metadata_version: str = "2.1",
) -> Distribution:
    """A wheel of one module, `NAME.py`, that knows its version; importable once installed."""
    stem = f"{_file_name(name)}-{version}"
    text = metadata_text(
        name, version, *fields, description=description, metadata_version=metadata_version
    )
    members = {
        f"{_file_name(name)}.py": f"VERSION = {version!r}\n".encode(),
        **(extra or {}),
        f"{stem}.dist-info/METADATA": (text if metadata is None else metadata).encode(),
        f"{stem}.dist-info/WHEEL": (
            b"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        ),
    }
    record = "".join(
        f"{path},sha256={_record_digest(data)},{len(data)}\n" for path, data in members.items()
    )
    members[f"{stem}.dist-info/RECORD"] = f"{record}{stem}.dist-info/RECORD,,\n".encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in members.items():
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), data)
    return Distribution(
        filename or f"{stem}-py3-none-any.whl", content.getvalue(), name, version, "bdist_wheel"
    )


def build_sdist(
    name: str = "sample", version: str = "1.0", *fields: str, description: str = ""
) -> Distribution:
    """A source distribution with a build backend of its own, so that no index is asked for one."""
    stem = f"{_file_name(name)}-{version}"
    members = {
        "PKG-INFO": metadata_text(name, version, *fields, description=description).encode(),
        "pyproject.toml": (
            b'[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        ),
        "backend.py": BACKEND.encode(),
        f"{_file_name(name)}.py": f"VERSION = {version!r}\n".encode(),
    }
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for path, data in members.items():
            member = tarfile.TarInfo(f"{stem}/{path}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return Distribution(f"{stem}.tar.gz", content.getvalue(), name, version, "sdist")


def _file_name(name: str) -> str:
    return name.replace("-", "_").replace(".", "_").lower()


def _record_digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
