-- Who an identity provider's people are here: each bound to an accreditation. Whom it calls how stands here only encrypted
-- (`sealed`, under the key of this id in services/keyring.py) and as a keyed hash (`found_by`), by which it is found.
-- `person`: the subject of the accreditation's sealed name, whose erasure ends this too. `kind` says what the provider
-- calls so: a subject, an e-mail address (until the first sign-in makes a subject of it), or a program.

create table access.identities (
    id            uuid primary key,
    issuer        text not null,
    kind          text not null check (kind in ('person', 'email', 'program')),
    found_by      bytea not null,
    sealed        bytea not null,
    unit          uuid not null,
    role          text not null,
    accreditation text not null,
    person        uuid,
    created_at    timestamptz not null default clock_timestamp(),
    expires_at    timestamptz not null,
    note          text not null default '',
    unique (found_by, accreditation)
);
create index on access.identities (person);

-- A token that a sign-in made ends with what it rests on.
alter table access.tokens add column identity uuid references access.identities on delete cascade;
create index on access.tokens (identity);

-- Ways to a provider and back that have ended: none is gone twice.
create table access.journeys (
    id       uuid primary key,
    ended_at timestamptz not null default clock_timestamp()
);
create index on access.journeys (ended_at);

grant select, insert, update, delete on access.identities, access.journeys to subsidia_app;
