"""Hands a file over to the web server in front, which sends it without this process's help.

The owner's setting decides, and nothing that a request says: a header of whoever asks could be
anybody's. The application still judges who may have which file, and what need not be sent at all.
"""

import os
from typing import Any
from urllib.parse import quote

from pyramid.response import Response

from pypi_web.storage.stores import path_of

LOCATION = "/-/files/"
"""What nginx calls the storage's folder: a location of its own, internal (docs/run.md)."""


def is_wanted(request: Any, etag: str) -> bool:
    """Whether the web server is to send the file: not to who has it already, nor where If-Match
    stands, which nginx would compare with a tag that it does not know yet."""
    if request.settings.sendfile is None or "If-Match" in request.headers:
        return False
    return etag not in request.if_none_match


def hand_over(request: Any, response: Response, sha256: str) -> None:
    """Makes of an answer with a file's headers one that names the file in place of its bytes.

    Its length and its ranges are for the one who sends it.
    """
    response.conditional_response = False
    if request.settings.sendfile == "x-accel-redirect":
        response.headers["X-Accel-Redirect"] = LOCATION + path_of(sha256)
    else:
        path = os.fsencode(request.storage.file_of(sha256))
        response.headers["X-Sendfile"] = quote(path)
