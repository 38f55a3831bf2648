"""Platforms that wheels are for ("Platform compatibility tags"; PEP 600, 656, 730, 738, 783)."""

import re

_ARCH = r"[a-z][a-z0-9_]*"
_VERSION = r"\d+_\d+"
_MAC_ARCH = r"(x86_64|arm64|universal2?|intel|i386|ppc|ppc64|fat|fat3|fat32|fat64)"

_PROMISING = re.compile(
    r"any|win32|win_(amd64|arm32|arm64|ia64)"
    rf"|macosx_{_VERSION}_{_MAC_ARCH}"
    rf"|manylinux(1|2010|2014|_{_VERSION})_{_ARCH}"
    rf"|musllinux_{_VERSION}_{_ARCH}"
    r"|linux_armv[67]l"  # there is no manylinux for them
    rf"|android_\d+_{_ARCH}"
    rf"|ios_{_VERSION}_{_ARCH}_(iphoneos|iphonesimulator)"
    rf"|py(emscripten|odide)_{_VERSION}_wasm32"
)
_FAMILIES = re.compile(r"(any|win|macosx|manylinux|musllinux|android|ios|pyemscripten|pyodide)")


def promises(platform: str) -> bool:
    """Whether a platform tag says which systems the wheel runs on: `linux_x86_64` does not, which
    any Linux may be, and so may what no standard tells of."""
    return _PROMISING.fullmatch(platform) is not None


def is_malformed(platform: str) -> bool:
    """Whether a tag begins as one that a standard tells of, and does not go on as it says."""
    family = _FAMILIES.match(platform)
    return family is not None and _is_of(platform, family[0]) and not promises(platform)


def _is_of(platform: str, family: str) -> bool:
    """`windows_x` is none of the family `win`."""
    rest = platform[len(family) :]
    return not rest or not rest[0].isalpha()
