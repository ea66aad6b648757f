-- `session`: a keyed hash of what the provider calls the session that a token was signed in by, so that it can end it
-- (OpenID Connect Back-Channel Logout). Null where it did not say.

alter table access.tokens add column session bytea;
create index on access.tokens (session) where session is not null;
