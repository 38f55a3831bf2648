"""What docs/migrations.md shows is run, in its order, on a copy of this project's migrations."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from tests.conftest import ROOT
from tests.servers import BIN

DOCS = ROOT / "docs" / "migrations.md"


def test_each_command_of_the_page_does_what_the_page_says(tmp_path: Path):
    site = tmp_path / "site"
    ignored = shutil.ignore_patterns(".*", "var", "build", "*.egg-info", "__pycache__", "tests")
    shutil.copytree(ROOT, site, ignore=ignored)
    environment = {**os.environ, "PYTHONPATH": str(site), "PYPI_WEB_SECRET": "x" * 32}
    commands = re.findall(r"^\$ (.+)$", DOCS.read_text(), re.M)
    blocks = re.findall(r"```python\n(def upgrade.+?)```", DOCS.read_text(), re.S)

    outputs = {}
    for command in commands:
        words = shlex.split(command)
        variables = dict(word.split("=", 1) for word in words if re.match(r"[A-Z_]+=", word))
        program, *arguments = words[len(variables) :]
        done = subprocess.run(
            [BIN / Path(program).name, *arguments],
            cwd=site,
            env={**environment, **variables},
            capture_output=True,
            text=True,
            timeout=60,
        )
        outputs[command] = done.stdout + done.stderr
        assert done.returncode == 0, f"{command}\n{outputs[command]}"
        if "--rev-id letters" in command:
            _write_body(site, blocks[0])

    assert len(commands) == 15
    assert "Running upgrade" in outputs[".venv/bin/alembic upgrade letters"]
    assert "CREATE TABLE releases" in outputs[commands[-3]]
    assert "The database is where this code is." in outputs[commands[-1]]
    (unused,) = (site / "alembic" / "versions").glob("*_letters.py")
    unused.unlink()
    assert (site / "var" / "pypi_web.sqlite").exists()


def _write_body(site: Path, body: str) -> None:
    (revision,) = (site / "alembic" / "versions").glob("*_letters.py")
    head = revision.read_text().partition("def upgrade")[0]
    revision.write_text(head + body)
