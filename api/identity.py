"""Who asks: the bearer token of a request."""

from aiohttp import web

from api.errors import NotSignedIn
from services.store.tokens import Token, Tokens


async def signed_in(request: web.Request, tokens: Tokens, what: str) -> Token:
    """Whom the request's token speaks for. Raises NotSignedIn; `what` came without one."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not text.strip():
        raise NotSignedIn(f"No bearer token came with {what}.")
    token = await tokens.find(text.strip())
    if token is None:
        raise NotSignedIn("The token is unknown, expired or revoked.")
    return token
