"""Alembic environments of a few revisions, for what must not be tried on the real one."""

import os
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.servers import BIN

ROOT = Path(__file__).parents[2]

Result = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Environment:
    """A copy of this project's env.py with revisions of its own, on one database."""

    folder: Path
    url: str

    def add_revision(self, number: int, upgrade: str, downgrade: str = "pass") -> None:
        """Adds revision `r<number>` after the one before it; the bodies are of functions."""
        before = f"r{number - 1}" if number > 1 else None
        (self.folder / "alembic" / "versions" / f"r{number}.py").write_text(
            "import sqlalchemy as sa\n"
            "from alembic import op\n"
            "from pypi_web.schema import indexes\n\n"
            f"revision = 'r{number}'\n"
            f"down_revision = {before!r}\n\n\n"
            f"def upgrade():\n{textwrap.indent(textwrap.dedent(upgrade).strip(), '    ')}\n\n\n"
            f"def downgrade():\n{textwrap.indent(textwrap.dedent(downgrade).strip(), '    ')}\n"
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [BIN / "alembic", *arguments],
            cwd=self.folder,
            env={**os.environ, "DATABASE_URL": self.url, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def alembic(self, *arguments: str, fails: bool = False) -> str:
        """What `alembic` prints."""
        process = self.start(*arguments)
        output, _ = process.communicate(timeout=90)
        assert (process.returncode != 0) == fails, output
        assert not (fails and "Traceback" in output), output
        return output


def make_environment(folder: Path, url: str) -> Environment:
    (folder / "alembic" / "versions").mkdir(parents=True)
    for name in ("env.py", "script.py.mako"):
        (folder / "alembic" / name).write_text((ROOT / "alembic" / name).read_text())
    (folder / "alembic.ini").write_text((ROOT / "alembic.ini").read_text())
    return Environment(folder, url)
