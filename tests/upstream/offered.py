"""A file that a fake upstream has, and what its pages say of it."""

import hashlib
from dataclasses import dataclass, field
from html import escape
from typing import Any, Self
from urllib.parse import quote

from tests.distributions import Distribution


@dataclass(frozen=True)
class OfferedFile:
    """A file as a page lists it; what the page says may be made to differ from what is sent."""

    filename: str
    content: bytes
    metadata: bytes | None = None
    """What stands at the file's address with `.metadata`; None for nothing, said or sent."""
    sha256: str | None = ""
    """What the page promises: "" for the true one, None for none."""
    url: str = ""
    """What the page writes: "" for an address from its own root."""
    requires_python: str | None = None
    yanked: str | bool = False
    uploaded_at: str | None = "2026-01-01T00:00:00Z"
    says_size: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
    """Further keys of the JSON."""

    @classmethod
    def of(cls, distribution: Distribution, **options: Any) -> Self:
        return cls(distribution.filename, distribution.content, **options)

    @property
    def path(self) -> str:
        """Where the fake has it."""
        return f"/files/{quote(self.filename)}"

    @property
    def digest(self) -> str | None:
        return hashlib.sha256(self.content).hexdigest() if self.sha256 == "" else self.sha256

    def in_json(self) -> dict[str, Any]:
        said: dict[str, Any] = {
            "filename": self.filename,
            "url": self.url or self.path,
            "hashes": {} if self.digest is None else {"sha256": self.digest},
            "yanked": self.yanked,
            "core-metadata": self._metadata_hash() or False,
        }
        if self.requires_python is not None:
            said["requires-python"] = self.requires_python
        if self.uploaded_at is not None:
            said["upload-time"] = self.uploaded_at
        if self.says_size:
            said["size"] = len(self.content)
        return said | self.extra

    def in_html(self) -> str:
        attributes = {"href": self.url or self.path}
        if self.digest is not None:
            attributes["href"] += f"#sha256={self.digest}"
        if self.requires_python is not None:
            attributes["data-requires-python"] = self.requires_python
        if self.yanked is not False:
            attributes["data-yanked"] = "" if self.yanked is True else self.yanked
        metadata = self._metadata_hash()
        if metadata is not None:
            attributes["data-core-metadata"] = f"sha256={metadata['sha256']}"
        written = " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())
        return f"<a {written}>{escape(self.filename)}</a><br>"

    def _metadata_hash(self) -> dict[str, str] | None:
        if self.metadata is None:
            return None
        return {"sha256": hashlib.sha256(self.metadata).hexdigest()}
