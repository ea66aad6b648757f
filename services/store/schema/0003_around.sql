-- What stands beside the ledger: bearer tokens, the projector's own schema, and how far readers of a stock
-- eventsourcing application have come.

create schema access;
create table access.tokens (
    id            uuid primary key,
    hash          bytea not null unique,
    unit          uuid not null,
    role          text not null,
    accreditation text not null,
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    note          text not null default ''
);
grant usage on schema access to subsidia_app;
grant select, insert, update, delete on access.tokens to subsidia_app;

create schema views;
grant usage, create on schema views to subsidia_app;

create schema recorders;
create table recorders.tracking (
    application  text primary key,
    notification bigint not null
);
grant usage on schema recorders to subsidia_app;
grant select, insert, update on recorders.tracking to subsidia_app;
