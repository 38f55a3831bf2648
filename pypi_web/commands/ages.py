"""Ages and sizes as people write them on a command line, and as they read them."""

from datetime import timedelta
from typing import Any

import click
from pydantic import ByteSize, TypeAdapter, ValidationError

from pypi_web.settings import SIZE_WANTED, Duration

_AGES: TypeAdapter[timedelta] = TypeAdapter(Duration)
_SIZES = TypeAdapter(ByteSize)


class Age(click.ParamType):
    """A number of seconds, minutes, hours, days or weeks, as in the settings: `90s`, `30m`, `1h`,
    `2d`, `1w`."""

    name = "age"

    def convert(self, value: Any, param: Any, context: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        try:
            return _AGES.validate_python(value)
        except ValidationError:
            self.fail(
                "Write a number and s, m, h, d or w, such as 90s, 30m, 1h, 2d or 1w.",
                param,
                context,
            )


class Size(click.ParamType):
    """A number of bytes: `1000`, `500MB`, `50G`, `1.5GiB`."""

    name = "size"

    def convert(self, value: Any, param: Any, context: Any) -> int:
        try:
            return int(_SIZES.validate_python(value))
        except ValidationError:
            self.fail(SIZE_WANTED, param, context)


def shown(age: timedelta) -> str:
    """In the largest unit that has one: `3d`, `5h`, `12s`."""
    seconds = max(int(age.total_seconds()), 0)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
