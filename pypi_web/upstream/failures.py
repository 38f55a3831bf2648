"""What comes out where upstream does not answer as it should."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

from urllib3 import exceptions


def without_frames(error: Exception) -> Exception:
    """The same error, raised by nobody yet: one that was holds on to whoever raised it, and to
    all that they had at hand."""
    try:
        return type(error)(*error.args)
    except TypeError:
        return UpstreamUnavailable(str(error))


class UpstreamUnavailable(Exception):
    """Upstream did not give what it was asked for; the message is a sentence that says where and
    why, for the log, and holds neither a password nor the query of an address.

    └── FileMissing
    """


class FileMissing(UpstreamUnavailable):
    """Upstream answers that there is no such file."""


class Fault(Exception):
    """What an address did wrong: the rest of a sentence that begins with it, without the stop."""


@contextmanager
def told_of(address: object) -> Iterator[None]:
    """Makes UpstreamUnavailable of whatever fails in the block; its sentence begins with
    `address`."""
    try:
        yield
    except Fault as fault:
        raise UpstreamUnavailable(f"{address} {fault}.") from fault
    # The ValueErrors are those of http.client and urllib3, for numbers that are none.
    except (exceptions.HTTPError, HTTPException, OSError, ValueError) as error:
        raise UpstreamUnavailable(f"{address} {_explain(error)}.") from error


def _explain(error: Exception) -> str:
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, Fault):
            return str(cause)
        if isinstance(cause, exceptions.TimeoutError | TimeoutError):
            return "did not answer in time"
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"has a certificate that is not trusted ({cause.verify_message})"
    for cause in causes:
        if isinstance(cause, exceptions.SSLError | ssl.SSLError):
            return "does not speak TLS as it should"
        if isinstance(cause, exceptions.IncompleteRead | exceptions.ProtocolError | OSError):
            return "broke off"
    return "sent an answer that is not HTTP"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it came of, which urllib3 also keeps among the arguments."""
    while error is not None:
        yield error
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        error = error.__cause__ or inner
