"""The letters that a site of development writes to a folder."""

import email
import email.policy
import re
import time
from pathlib import Path

PATIENCE = 10.0
"""Seconds for a letter to come: none is waited for by the request that it tells of."""


class Letters:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def link(self, to: str, subject: str) -> str:
        """The address in the newest letter to somebody; raises AssertionError where none comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for path in sorted(self.folder.glob("*.eml"), reverse=True):
                letter = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                found = re.search(r"^http://\S+$", letter.get_content(), re.M)
                if found and (letter["To"], letter["Subject"]) == (to, subject):
                    return found[0]
            time.sleep(0.05)
        raise AssertionError(f"No letter “{subject}” came to {to}.")
