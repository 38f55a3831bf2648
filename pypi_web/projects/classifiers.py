"""The trove classifiers, as the package `trove-classifiers` has them."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session
from trove_classifiers import classifiers as trove

from pypi_web.data import Classifier
from pypi_web.data.session import insert_for_conflicts


@dataclass(frozen=True)
class Synchronised:
    """How many classifiers were new to the trove here, and how many are in it no more."""

    added: int
    withdrawn: int


def synchronise(db: Session) -> Synchronised:
    """Makes the trove of the database that of the package; a classifier that releases use stays,
    marked as none of the trove."""
    here = set(db.scalars(select(Classifier.text).where(Classifier.is_trove)))
    added, withdrawn = sorted(trove - here), sorted(here - trove)
    if added:
        statement = insert_for_conflicts(db, Classifier).on_conflict_do_update(
            index_elements=["text"], set_={"is_trove": True}
        )
        db.connection().execute(statement, [{"text": text, "is_trove": True} for text in added])
    if withdrawn:
        gone = update(Classifier).where(Classifier.text.in_(withdrawn))
        db.execute(gone.values(is_trove=False))
    return Synchronised(len(added), len(withdrawn))
