"""The time: aware UTC, from one function that a test can replace."""

from datetime import UTC, datetime


def now() -> datetime:
    return datetime.now(UTC)
