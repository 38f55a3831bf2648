"""Members of tar archives whose headers cost what honest ones cost.

tarfile reads extension headers and the maps of sparse files into memory before it gives the member
out, and so before anybody could look at how large they are.
"""

import tarfile
from typing import Any

MAX_HEADER_SIZE = 1 << 20
"""The largest extension header that is read, in bytes."""

_EXTENSIONS = (
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
)


class CarefulMember(tarfile.TarInfo):
    """Raises tarfile.ReadError for absurd headers and for sparse files."""

    def _proc_member(self, archive: Any) -> Any:
        if self.type in _EXTENSIONS and self.size > MAX_HEADER_SIZE:
            raise tarfile.ReadError("it has a header of an absurd size")
        if self.type == tarfile.GNUTYPE_SPARSE:
            self._refuse_sparse()
        return super()._proc_member(archive)  # type: ignore[misc]

    def _refuse_sparse(self, *_: Any) -> None:
        raise tarfile.ReadError("it has a sparse file")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_sparse
