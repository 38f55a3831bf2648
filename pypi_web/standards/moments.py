"""Moments as the index's APIs write them."""

from datetime import UTC, datetime


def to_iso(moment: datetime) -> str:
    """ISO 8601 in UTC with microseconds and `Z` (PEP 700)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
