"""Counts downloads by file and day."""

from collections import Counter
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from pypi_web.data import DownloadCount, File
from pypi_web.data.batches import Batch
from pypi_web.data.session import insert_for_conflicts

Download = tuple[int, date]
"""The file's id, and the day in UTC."""


def includeme(config: Any) -> None:
    config.registry["downloads"] = Batch[Download](config.registry["engine"], write_downloads)


def write_downloads(db: Session, downloads: Counter[Download]) -> None:
    """Adds downloads to the counts of their days; those of a file that is gone are let go."""
    asked_for = {file_id for file_id, _ in downloads}
    here = set(db.scalars(select(File.id).where(File.id.in_(asked_for))))
    rows = [
        {"file_id": file_id, "day": day, "downloads": count}
        for (file_id, day), count in sorted(downloads.items())
        if file_id in here
    ]
    if rows:
        insert = insert_for_conflicts(db, DownloadCount)
        statement = insert.on_conflict_do_update(
            index_elements=["file_id", "day"],
            set_={"downloads": DownloadCount.downloads + insert.excluded.downloads},
        )
        db.connection().execute(statement, rows)
