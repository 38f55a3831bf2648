"""Headers that each answer carries, so that a browser trusts nothing it need not."""

from collections.abc import Callable
from typing import Any

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        # Pictures of READMEs stand on other hosts; they get no address of this site (Referrer).
        "img-src 'self' data: https:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    # What says nothing else is for the one who asked, and is asked for again.
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def tween_factory(handler: Callable[[Any], Any], registry: Any) -> Callable[[Any], Any]:
    hsts = int(registry["settings"].hsts.total_seconds())

    def tween(request: Any) -> Any:
        response = handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if hsts and request.scheme == "https":  # RFC 6797, 7.2: never without TLS
            response.headers["Strict-Transport-Security"] = f"max-age={hsts}"
        return response

    return tween
