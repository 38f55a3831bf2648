"""The folders of a wheel that installers know by name, `.dist-info` and `.data` (PEP 427)."""

import re
from collections.abc import Iterable, Sequence

from packaging.utils import canonicalize_name

from pypi_web.archives import member_names
from pypi_web.archives.refusal import ArchiveRefused, quoted
from pypi_web.standards import versions
from pypi_web.standards.filenames import Filename

_PRINTABLE = re.compile(r"[!-~]+")
_LIBRARIES = ("purelib", "platlib")
_SCHEMES = (*_LIBRARIES, "scripts", "headers", "data")
_METADATA = (".dist-info", ".egg-info")


def check(names: Sequence[str], filename: Filename) -> str:
    """The one `.dist-info` folder at the top, which is of this project and version, as is the
    `.data` folder if there is one.

    Raises ArchiveRefused, also where what an installer takes out of them could come to lie over
    another member.
    """
    tops = {name.partition("/")[0] for name in names if "/" in name}
    dist_info = _find_own(tops, ".dist-info", filename)
    if dist_info is None:
        raise ArchiveRefused("it holds no .dist-info folder")
    data = _find_own(tops, ".data", filename)
    if data is not None:
        _check_data(names, f"{data}/")
    own = [name for name in names if name.partition("/")[0] in (dist_info, data)]
    member_names.check_case(own, alone={name for name in own if not name.endswith("/")})
    return dist_info


def _find_own(folders: Iterable[str], ending: str, filename: Filename) -> str | None:
    found = sorted(
        folder for folder in folders if member_names.without_case(folder).endswith(ending)
    )
    if len(found) > 1:
        raise ArchiveRefused(
            f"it holds more than one {ending} folder: {quoted(found[0])} and {quoted(found[1])}"
        )
    for folder in found:
        if not folder.endswith(ending):
            raise ArchiveRefused(
                f"it holds {quoted(folder)}, which must end with {ending}, in small letters"
            )
        project, _, version = folder.removesuffix(ending).rpartition("-")
        if (
            not _PRINTABLE.fullmatch(folder)  # some letters of Unicode are ASCII in lower case
            or canonicalize_name(project) != filename.project
            or versions.canonical(version) != versions.canonical(filename.version)
        ):
            raise ArchiveRefused(
                f"it holds {quoted(folder)}, the folder of another project or version"
            )
        return folder
    return None


def _check_data(names: Iterable[str], data: str) -> None:
    """Whether all that is below the `.data` folder is installed beside the rest of the wheel, and
    not over it (PEP 427, "The .data directory"); `data` ends with a slash."""
    places = []
    for name in names:
        if not name.startswith(data):
            places.append((name, name))
        elif name != data:
            below = _place_in_library(name, name.removeprefix(data))
            if below:
                places.append((below, name))
    for clash in member_names.find_clashes(places):
        if not (clash.is_same and clash.second.endswith("/")):
            raise ArchiveRefused(
                f"its member {quoted(clash.second)} and {quoted(clash.first)} are installed over"
                " each other"
            )


def _place_in_library(name: str, path: str) -> str:
    """Where a member at `path` in the `.data` folder is installed in the folder that the wheel's
    root is installed in; nothing where it is installed elsewhere."""
    scheme, slash, below = path.partition("/")
    if scheme not in _SCHEMES or not slash:
        raise ArchiveRefused(
            f"its member {quoted(name)} is in none of the folders that .data can have:"
            f" {', '.join(_SCHEMES)}"
        )
    is_library = scheme in _LIBRARIES
    parts = member_names.without_case(below).split("/")
    # Far down in a library is what a project brings for itself; data can come to lie anywhere.
    if any(part.endswith(_METADATA) for part in (parts[:1] if is_library else parts)):
        raise ArchiveRefused(
            f"its member {quoted(name)} would be installed as metadata: these are in the wheel's"
            " .dist-info folder only"
        )
    return below if is_library else ""
