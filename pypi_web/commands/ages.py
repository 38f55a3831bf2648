"""Ages and sizes as people write them on a command line, and as they read them."""

import re
from datetime import timedelta
from typing import Any

import click
from pydantic import ByteSize, TypeAdapter, ValidationError

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SIZES = TypeAdapter(ByteSize)


class Age(click.ParamType):
    """A number of seconds, minutes, hours or days: `90s`, `30m`, `1h`, `2d`."""

    name = "age"

    def convert(self, value: Any, param: Any, context: Any) -> timedelta:
        if isinstance(value, timedelta):
            return value
        found = re.fullmatch(r"(\d{1,5})([smhd])", value)
        if found is None:
            self.fail(
                "Write a number and s, m, h or d, such as 90s, 30m, 1h or 2d.", param, context
            )
        return timedelta(**{_UNITS[found[2]]: int(found[1])})


class Size(click.ParamType):
    """A number of bytes: `1000`, `500MB`, `50G`, `1.5GiB`."""

    name = "size"

    def convert(self, value: Any, param: Any, context: Any) -> int:
        try:
            return int(_SIZES.validate_python(value))
        except ValidationError:
            self.fail("Write a size, such as 500MB, 50G or 1.5GiB.", param, context)


def shown(age: timedelta) -> str:
    """In the largest unit that has one: `3d`, `5h`, `12s`."""
    seconds = max(int(age.total_seconds()), 0)
    for length, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
