"""Source distributions: gzipped tar archives with one folder at the top (PEP 625, PEP 721)."""

from typing import BinaryIO

from pypi_web.archives import member_names, tar_headers
from pypi_web.archives.contents import Contents
from pypi_web.archives.expanded import ExpandedStream, refuse_zip
from pypi_web.archives.refusal import MAX_METADATA_SIZE, ArchiveRefused, quoted
from pypi_web.archives.tar_headers import BLOCK, Kind, Member
from pypi_web.standards.filenames import Filename


def read(content: BinaryIO, filename: Filename) -> Contents:
    """What a source distribution holds, once every byte of it was looked at; raises
    ArchiveRefused."""
    refuse_zip(content)
    stream = ExpandedStream(content)
    folder = filename.text.removesuffix(".tar.gz")
    pkg_info = f"{folder}/PKG-INFO"
    tree = _Tree(folder)
    raw_metadata = None
    for member in tar_headers.read_members(stream):
        path = tree.add(member)
        if path == pkg_info:
            raw_metadata = _read_metadata(stream, member)
        elif path.lower() == pkg_info.lower():
            raise ArchiveRefused(
                f"its member {quoted(path)} differs from PKG-INFO only in upper and lower case"
            )
        else:
            stream.skip(member.size)
        stream.skip(-member.size % BLOCK)
    if not stream.has_only_zeros():
        raise ArchiveRefused("something follows the end of its tar archive")
    member_names.check_together(tree.paths)
    if tree.links:
        # What is written to the name of a link goes to where it leads.
        member_names.check_case(tree.paths, alone=tree.links)
    if raw_metadata is None:
        raise ArchiveRefused(f"it holds no {pkg_info}")
    return Contents(raw_metadata, frozenset(tree.files | tree.hard_links))


def _read_metadata(stream: ExpandedStream, member: Member) -> bytes:
    if member.kind is not Kind.FILE:
        raise ArchiveRefused(f"its member {quoted(member.name)} is not a regular file")
    if member.size > MAX_METADATA_SIZE:
        raise ArchiveRefused(
            f"its member {quoted(member.name)} is larger than {MAX_METADATA_SIZE} bytes"
        )
    return stream.read(member.size)


class _Tree:
    """The members so far: `paths` of all, a folder's with a slash at its end, and `links`, those
    of both kinds of links; `files` and `hard_links` are paths in UTF-8 below the folder at the
    top."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._names_size = 0
        self.paths: list[str] = []
        self.links: set[str] = set()
        self.files: set[bytes] = set()
        self.hard_links: set[bytes] = set()

    def add(self, member: Member) -> str:
        """The path of a member; raises ArchiveRefused where it or its target leaves the folder."""
        path = self._check_path(member)
        self._names_size += len(path.encode())
        if self._names_size > member_names.MAX_NAMES_SIZE:
            raise ArchiveRefused("the names of its members are too long together")
        self.paths.append(f"{path}/" if member.kind is Kind.FOLDER else path)
        if member.kind in (Kind.SYMBOLIC_LINK, Kind.HARD_LINK):
            self.links.add(path)
        if member.kind is Kind.SYMBOLIC_LINK:
            self._check_symbolic_link(member, path)
        elif member.kind is Kind.HARD_LINK:
            self._check_hard_link(member)
            self.hard_links.add(self._below(path))
        elif member.kind is Kind.FILE:
            self.files.add(self._below(path))
        return path

    def _check_path(self, member: Member) -> str:
        path = member.name.removeprefix("./")
        member_names.check(path)
        if path.partition("/")[0] != self._folder or (
            path == self._folder and member.kind is not Kind.FOLDER
        ):
            raise ArchiveRefused(
                f"its member {quoted(member.name)} is not in the folder {self._folder}, which must"
                " hold everything"
            )
        return path

    def _check_symbolic_link(self, member: Member, path: str) -> None:
        """A target may go up, but not out, and only at its beginning: as nothing is below a link,
        no chain of links leads out either."""
        up, down = _climb(member.target[: member_names.MAX_LENGTH])
        is_outside = up > path.count("/") - 1
        is_clean = member_names.is_clean(down) or (up > 0 and not down)
        if len(member.target) > member_names.MAX_LENGTH or is_outside or not is_clean:
            raise ArchiveRefused(
                f"its member {quoted(path)} is a link to {quoted(member.target)}: it must be"
                f" relative and stay in the folder {self._folder}"
            )

    def _check_hard_link(self, member: Member) -> None:
        target = member.target.removeprefix("./")
        if not target.startswith(f"{self._folder}/") or self._below(target) not in self.files:
            raise ArchiveRefused(
                f"its member {quoted(member.name)} is a hard link to {quoted(member.target)}, which"
                " is no file before it"
            )

    def _below(self, path: str) -> bytes:
        return path[len(self._folder) + 1 :].encode()


def _climb(target: str) -> tuple[int, str]:
    """How many folders a target goes up at its beginning, and where it goes from there."""
    up, down = 0, target.removeprefix("./").removesuffix("/")
    while down == ".." or down.startswith("../"):
        up, down = up + 1, down[3:]
    return up, down
