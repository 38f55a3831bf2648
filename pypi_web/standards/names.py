"""Names of projects (PEP 503, PEP 508; packaging's "Names and normalization")."""

import re
import sys

from packaging.utils import InvalidName, canonicalize_name

MAX_LENGTH = 128
"""The longest name that a project may have, in characters."""

RESERVED = frozenset(
    {
        "simple",  # what the index itself is called
        "namespace",  # PEP 752 has addresses of these two names
        "namespaces",
        "requirements-txt",  # what is installed when `-r` is forgotten
        "rrequirements-txt",
        "pyproject-toml",
        "pylock-toml",
    }
)
"""Normalised names that no project may have."""

_STDLIB = frozenset(name for name in sys.stdlib_module_names if not name.startswith("_"))


def normalize(name: str) -> str:
    """The one spelling by which a project is found: `Foo_Bar` is `foo-bar`."""
    return canonicalize_name(name)


def is_valid(name: str) -> bool:
    """Whether `name` may name a project: ASCII letters and digits, with `.`, `-`, `_` between."""
    try:
        canonicalize_name(name, validate=True)
    except InvalidName:
        return False
    return True


def is_of_stdlib(normalized_name: str) -> bool:
    """Whether a module of this Python's standard library is called so."""
    return normalized_name.replace("-", "_") in _STDLIB


def lookalike_key(normalized_name: str) -> str:
    """What names that are easily taken for one another have in common: no separators, and one
    letter for those that look alike (`0`/`o`, `1`/`i`/`l`, `rn`/`m`, `vv`/`w`)."""
    bare = re.sub("[-_.]", "", normalized_name)
    return bare.replace("rn", "m").replace("vv", "w").translate(_ALIKE)


_ALIKE = str.maketrans("01i", "oll")
