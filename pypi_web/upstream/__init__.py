"""What is asked of another index, over HTTP, without trusting what it answers."""

from pypi_web.upstream.asking import Found, Missing, Trouble, Unchanged, Upstream
from pypi_web.upstream.failures import FileMissing, UpstreamUnavailable, without_frames
from pypi_web.upstream.files import UpstreamFile
from pypi_web.upstream.limits import Limits
from pypi_web.upstream.network import Network

__all__ = [
    "FileMissing",
    "Found",
    "Limits",
    "Missing",
    "Network",
    "Trouble",
    "Unchanged",
    "Upstream",
    "UpstreamFile",
    "UpstreamUnavailable",
    "without_frames",
]
