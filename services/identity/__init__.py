"""Officers who sign in with the identity provider of their own government (OpenID Connect)."""
