"""Names of projects (PEP 503, PEP 508; packaging's "Names and normalization")."""

from packaging.utils import InvalidName, canonicalize_name

MAX_LENGTH = 128
"""The longest name that a project may have, in characters."""


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
