"""Upload forms as clients write them, byte by byte."""

from tests.distributions import Distribution

BOUNDARY = "of-the-tests"
CONTENT_TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def encode(
    *parts: tuple[str, str | Distribution], content_type: str | None = "application/octet-stream"
) -> bytes:
    """The body of a form whose parts stand in this order, files with the given type."""
    return b"".join(_part(name, value, content_type) for name, value in parts) + (
        f"--{BOUNDARY}--\r\n".encode()
    )


def _part(name: str, value: str | Distribution, content_type: str | None) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    if isinstance(value, str):
        return f"{head}\r\n\r\n{value}\r\n".encode()
    head += f'; filename="{value.filename}"'
    if content_type is not None:
        head += f"\r\nContent-Type: {content_type}"
    return f"{head}\r\n\r\n".encode() + value.content + b"\r\n"
