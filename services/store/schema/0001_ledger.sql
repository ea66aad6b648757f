-- The ledger: what is written once, and what is read with it. Only `ledger.append` (0002) writes here.

create table ledger.records (
    position bigint primary key check (position >= 0),
    stream   uuid not null,
    version  integer not null check (version >= 0),
    type     text not null,
    state    bytea not null check (octet_length(state) <= 65535),
    at       timestamptz not null,
    unique (stream, version)
);
create index records_type on ledger.records (type, position);

comment on table ledger.records is 'One row an event. `state` is what is stored, hashed and served; position is dense.';

-- Which units a record speaks of: the order of the key is the order of the list.
create table ledger.spoken_of (
    unit     uuid,
    position bigint,
    primary key (unit, position)
);

create table ledger.claims (
    word   text primary key,
    stream uuid not null
);

comment on table ledger.claims is 'Words that only one stream may hold, such as an identifier within its scheme.';

-- `first` is the size of the ledger before the command; `count` may be 0 ("already so").
create table ledger.commands (
    cmd         uuid primary key,
    caller      text not null,
    fingerprint bytea not null,
    first       bigint not null,
    count       integer not null,
    at          timestamptz not null,
    answer      bytea not null
);

-- `edge`: the hashes of the compact range, 32 bytes each; with it the next batch needs nothing else to go on.
create table ledger.checkpoints (
    size bigint primary key check (size > 0),
    root bytea not null check (octet_length(root) = 32),
    edge bytea not null check (octet_length(edge) % 32 = 0),
    note text not null,
    at   timestamptz not null
);
create index checkpoints_at on ledger.checkpoints (at, size);

-- Roots of full subtrees of 256^level records. Level 0, the leaves, comes from the records themselves.
create table ledger.subtrees (
    level integer check (level >= 1),
    index bigint check (index >= 0),
    hash  bytea not null check (octet_length(hash) = 32),
    primary key (level, index)
);

-- What a salted hash in a record stands for. The only rows of the ledger that may one day be erased.
create table ledger.openings (
    stream   uuid,
    version  integer,
    path     text,
    salt     bytea not null,
    value    bytea not null,
    audience text not null,
    primary key (stream, version, path)
);

-- Second guard, behind the privileges: not even the owner edits history by accident.
create function ledger.refuse() returns trigger language plpgsql as $$
begin
    raise exception 'The ledger is append-only: % on %.% is refused.', tg_op, tg_table_schema, tg_table_name
        using errcode = 'insufficient_privilege';
end $$;

create trigger append_only before update or delete or truncate on ledger.records
    for each statement execute function ledger.refuse();
create trigger append_only before update or delete or truncate on ledger.commands
    for each statement execute function ledger.refuse();
create trigger append_only before update or delete or truncate on ledger.checkpoints
    for each statement execute function ledger.refuse();
create trigger append_only before update or delete or truncate on ledger.subtrees
    for each statement execute function ledger.refuse();
