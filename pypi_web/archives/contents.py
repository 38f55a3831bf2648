"""What an archive was found to hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Contents:
    """An archive that was read to its end and found sound.

    `raw_metadata` is its METADATA or PKG-INFO, byte by byte. `license_files` are the paths, in
    UTF-8, that a field License-File can name: of a wheel those below `.dist-info/licenses/`, of a
    source distribution all files below its folder (PEP 639, "Add License-File field").
    """

    raw_metadata: bytes
    license_files: frozenset[bytes]

    def has_license_file(self, path: str) -> bool:
        """Whether there is a file where a License-File of core metadata 2.4 says."""
        return path.encode(errors="backslashreplace") in self.license_files
