"""Versions of releases: one spelling for each, and an order that a database can keep (PEP 440)."""

from packaging.utils import canonicalize_version
from packaging.version import Version

MAX_LENGTH = 128
"""The longest version that is taken, in characters; it bounds the numbers in a sort key too."""

# One byte each, chosen so that bytes sort as PEP 440 says: what is absent stands first or last.
_LOWEST, _PRESENT, _HIGHEST = b"\x00", b"\x01", b"\xff"
_END = b"\x00"
_PRE_LETTERS = {"a": b"\x01", "b": b"\x02", "rc": b"\x03"}


def is_short_enough(version: str) -> bool:
    """Whether a version, and its canonical spelling (`1-1` is `1.post1`), can be kept."""
    return len(version) <= MAX_LENGTH and len(canonical(version)) <= MAX_LENGTH


def canonical(version: str) -> str:
    """The spelling that `1.0`, `1.0.0` and `v1` share: `1`.

    What PEP 440 cannot read (as old releases have it) keeps its spelling, in lower case.
    """
    try:
        return canonicalize_version(version).lower()
    except ValueError:  # thousands of digits, which Python makes no number of
        return version.lower()


def is_prerelease(version: str) -> bool:
    """Whether PEP 440 calls it a pre-release or a development release; `1.0+cu118` is final."""
    try:
        return Version(version).is_prerelease
    except ValueError:
        return False


def sort_key(version: str) -> bytes:
    """Bytes that compare as PEP 440 orders versions, those it cannot read before all others.

    Computed once for a release, so that a database orders releases by an index.
    """
    try:
        parsed = Version(version)
    except ValueError:  # InvalidVersion, or thousands of digits
        return _LOWEST + version.lower().encode()
    return b"".join(
        (
            _PRESENT,
            _number(parsed.epoch),
            *(_number(part) for part in _without_trailing_zeros(parsed.release)),
            _END,
            _pre(parsed),
            _LOWEST if parsed.post is None else _PRESENT + _number(parsed.post),
            _HIGHEST if parsed.dev is None else _PRESENT + _number(parsed.dev),
            _local(parsed.local),
        )
    )


def _number(value: int) -> bytes:
    """A length of at least one, then that many digits of base 256: longer is larger."""
    size = max(1, (value.bit_length() + 7) // 8)
    return bytes([size]) + value.to_bytes(size)


def _without_trailing_zeros(release: tuple[int, ...]) -> tuple[int, ...]:
    while len(release) > 1 and release[-1] == 0:
        release = release[:-1]
    return release


def _pre(version: Version) -> bytes:
    if version.pre is not None:
        letter, number = version.pre
        return _PRE_LETTERS[letter] + _number(number)
    only_dev = version.dev is not None and version.post is None
    return _LOWEST if only_dev else _HIGHEST


def _local(local: str | None) -> bytes:
    if local is None:
        return _LOWEST
    segments = (
        b"\x02" + _number(int(segment)) if segment.isdigit() else b"\x01" + segment.encode() + _END
        for segment in local.split(".")
    )
    return _PRESENT + b"".join(segments) + _END
