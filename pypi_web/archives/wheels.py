"""Wheels: zip archives with a `.dist-info` folder (PEP 427)."""

import re
from collections.abc import Mapping
from typing import BinaryIO

from pypi_web.archives import member_names, records, wheel_folders, zip_framing, zip_members
from pypi_web.archives.contents import Contents
from pypi_web.archives.refusal import MAX_METADATA_SIZE, ArchiveRefused, max_expanded_size
from pypi_web.archives.zip_members import Member
from pypi_web.standards.filenames import Filename

_MAX_WHEEL_SIZE = 1 << 20
_WHEEL_VERSION = re.compile(rb"^Wheel-Version:[ \t]*(\d+)\.\d+[ \t]*\r?$", re.M | re.I)
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")


def read(content: BinaryIO, filename: Filename) -> Contents:
    """What a wheel holds, once every byte of it was looked at; raises ArchiveRefused."""
    members = zip_framing.read_members(content)
    if sum(member.size for member in members) > max_expanded_size(content):
        raise ArchiveRefused("it expands to more than an index takes")
    names = [member.name for member in members]
    for name in names:
        member_names.check(name.removesuffix("/"))
    member_names.check_together(names)
    folder = wheel_folders.check(names, filename)
    files = {member.name: member for member in members if not member.is_folder}
    metadata = _read_file(content, files, f"{folder}/METADATA", limit=MAX_METADATA_SIZE)
    _check_wheel_file(_read_file(content, files, f"{folder}/WHEEL", limit=_MAX_WHEEL_SIZE))
    _check_record(content, files, folder)
    licenses = f"{folder}/licenses/"
    return Contents(
        metadata,
        frozenset(
            name.removeprefix(licenses).encode() for name in files if name.startswith(licenses)
        ),
    )


def _read_file(content: BinaryIO, files: Mapping[str, Member], name: str, *, limit: int) -> bytes:
    if name not in files:
        raise ArchiveRefused(f"it holds no {name}")
    return zip_members.read(content, files[name], limit=limit)


def _check_wheel_file(data: bytes) -> None:
    """Installers know version 1 of the format, and must refuse a later one."""
    told = _WHEEL_VERSION.findall(_BLANK_LINE.split(data, maxsplit=1)[0])
    if len(told) != 1:
        raise ArchiveRefused("its WHEEL has no line Wheel-Version, or several")
    if told[0] != b"1":
        raise ArchiveRefused("its WHEEL is of a Wheel-Version that is not 1, the only one there is")


def _check_record(content: BinaryIO, files: Mapping[str, Member], folder: str) -> None:
    """Reads every file, as RECORD says what each must be."""
    record = f"{folder}/RECORD"
    expected = records.read(
        _read_file(content, files, record, limit=records.MAX_RECORD_SIZE),
        files,
        without_hash=(record, f"{record}.jws", f"{record}.p7s"),
    )
    for name, member in files.items():
        if name in expected:
            actual = expected[name].start()
            zip_members.verify(content, member, actual.update)
            expected[name].refuse_other(actual, name)
        else:
            zip_members.verify(content, member, len)
