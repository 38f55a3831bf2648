"""What clients ask that would publish without a token: said to be not here, in their own terms.

A client that finds no trusted publishing asks its person for a token. On the log-in page, where
other addresses of a private index lead, it would choke; so these answer everybody alike.
"""

from typing import Any

from pyramid.response import Response
from pyramid.security import NO_PERMISSION_REQUIRED
from pyramid.view import view_config

from pypi_web.site import errors

SENTENCE = "This index has no trusted publishing: publish with an API token from your account page."


# The second is where a draft (PEP 807) has clients look first.
@view_config(route_name="uploads.audience", permission=NO_PERMISSION_REQUIRED)
@view_config(route_name="uploads.discovery", permission=NO_PERMISSION_REQUIRED)
def tell_it_is_not_here(request: Any) -> Response:
    return errors.answer_tool(request, 404, SENTENCE)


@view_config(
    route_name="uploads.mint_token",
    request_method="POST",
    require_csrf=False,
    permission=NO_PERMISSION_REQUIRED,
)
def mint_nothing(_request: Any) -> Response:
    """No token for whatever token is sent, which nobody reads."""
    refusal = {"message": SENTENCE, "errors": [{"code": "not-enabled", "description": SENTENCE}]}
    return Response(status=422, json_body=refusal, content_type="application/json")
