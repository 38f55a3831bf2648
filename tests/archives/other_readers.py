"""What is taken must be what others see: members as Python's own readers of archives have them."""

import io
import tarfile
import zipfile

from pypi_web.archives import tar_headers, zip_framing
from pypi_web.archives.expanded import ExpandedStream

KINDS = {
    tarfile.REGTYPE: tar_headers.Kind.FILE,
    tarfile.AREGTYPE: tar_headers.Kind.FILE,
    tarfile.LNKTYPE: tar_headers.Kind.HARD_LINK,
    tarfile.SYMTYPE: tar_headers.Kind.SYMBOLIC_LINK,
    tarfile.DIRTYPE: tar_headers.Kind.FOLDER,
}


def assert_zipfile_sees_the_same(content: bytes) -> None:
    ours = zip_framing.read_members(io.BytesIO(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        theirs = sorted(archive.infolist(), key=lambda info: info.header_offset)
        assert [
            (info.filename, info.compress_type, info.CRC, info.compress_size, info.file_size)
            for info in theirs
        ] == [(each.name, each.method, each.crc, each.compressed_size, each.size) for each in ours]
        assert archive.testzip() is None


def assert_tarfile_sees_the_same(content: bytes) -> None:
    stream = ExpandedStream(io.BytesIO(content))
    ours = []
    for each in tar_headers.read_members(stream):
        ours.append((each.name, each.kind, each.size, _target(each.kind, each.target)))
        stream.skip(each.size + -each.size % tar_headers.BLOCK)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz", encoding="utf-8") as archive:
        theirs = [
            (each.name, KINDS[each.type], each.size, _target(KINDS[each.type], each.linkname))
            for each in archive
        ]
    assert theirs == ours


def _target(kind: tar_headers.Kind, target: str) -> str | None:
    """What a header says of the target of no link is nobody's concern."""
    is_link = kind in (tar_headers.Kind.HARD_LINK, tar_headers.Kind.SYMBOLIC_LINK)
    return target if is_link else None
