"""The trove classifiers are seeded by a migration and kept up by a command."""

from pathlib import Path

from click.testing import CliRunner
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session
from trove_classifiers import classifiers as trove

from pypi_web import commands
from pypi_web.data import Classifier
from pypi_web.projects.classifiers import Synchronised, synchronise

PYTHON_3 = "Programming Language :: Python :: 3"


def seed(db: Session) -> None:
    """Tests begin with empty tables, the seeded one among them."""
    synchronise(db)
    db.commit()


def test_the_database_has_them_all(db: Session):
    seed(db)

    assert set(db.scalars(select(Classifier.text).where(Classifier.is_trove))) == trove


def test_again_nothing_changes(db: Session):
    seed(db)

    assert synchronise(db) == Synchronised(0, 0)


def test_one_that_a_release_has_used_before_is_marked(db: Session):
    db.add(Classifier(text=PYTHON_3))
    db.commit()

    synchronise(db)

    used = db.scalars(select(Classifier).where(Classifier.text == PYTHON_3)).one()
    db.refresh(used)
    assert used.is_trove


def test_one_that_is_withdrawn_stays_without_the_mark(db: Session):
    seed(db)
    db.add(Classifier(text="Topic :: Withdrawn", is_trove=True))
    db.commit()

    done = synchronise(db)

    assert done == Synchronised(0, 1)
    assert db.scalar(select(func.count()).where(Classifier.text == "Topic :: Withdrawn")) == 1


def test_the_command_says_what_it_did(site_ini: Path, db: Session):
    seed(db)
    db.execute(update(Classifier).where(Classifier.text == PYTHON_3).values(is_trove=False))
    db.commit()

    result = CliRunner().invoke(commands.main, ["--config", str(site_ini), "classifiers", "sync"])

    assert result.output == "Classifiers: 1 added, 0 withdrawn.\n"
