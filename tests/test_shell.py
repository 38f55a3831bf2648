"""`pshell` has the database, the models and the settings at hand."""

import subprocess
from pathlib import Path

from tests.servers import BIN


def test_db_models_and_settings_are_at_hand(site_ini: Path):
    script = (
        "print(db.query(models.Project).count(), settings.anonymous_read)\n"
        "db.add(models.Project(name='x', normalized_name='x'))\n"
        "db.flush()\n"
        "print(db.query(models.Project).count())\n"
    )

    shell = subprocess.run(
        [BIN / "pshell", "-p", "python", site_ini],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert "0 True" in shell.stdout
    assert shell.stdout.split()[-2] == "1"
    assert "Traceback" not in shell.stderr
