"""The process that renders READMEs, one after the other: `python -m pypi_web.readmes.child FD`."""

import json
import resource
import signal
import sys
from contextlib import suppress
from multiprocessing.connection import Connection

from pypi_web.readmes.rendering import render

CPU_SECONDS = 5
MEMORY = 1 << 30
"""What one README may take; with more the system ends this process."""


def main(descriptor: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to all: this ends with its parent
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # where a system knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with Connection(descriptor) as parent, suppress(EOFError, OSError):
        while True:
            asked = json.loads(parent.recv_bytes())
            _allow_seconds()
            rendered = render(asked["source"], asked["content_type"])
            answer = {"html": rendered.html, "problem": rendered.problem}
            parent.send_bytes(json.dumps(answer).encode())


def _allow_seconds() -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + CPU_SECONDS, hard))


if __name__ == "__main__":
    main(int(sys.argv[1]))
