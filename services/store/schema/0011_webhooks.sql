-- Addresses that records are sent to as they come, each with its own place in the ledger. `keys`: names in the folder of
-- keys (services/keyring.py) of what is signed with, the newest first; the one before signs too for a day after
-- `rotated_at`. Of `types`, `contexts`, `units` and `streams`, an empty list is all of them. `position`: the last record
-- that was taken there, or needed not be sent.

create table workers.webhooks (
    id            uuid primary key,
    url           text not null,
    keys          uuid[] not null check (cardinality(keys) > 0),
    rotated_at    timestamptz,
    types         text[] not null,
    contexts      text[] not null,
    units         uuid[] not null,
    streams       uuid[] not null,
    position      bigint not null check (position >= -1),
    created_at    timestamptz not null default clock_timestamp(),
    tries         integer not null default 0,
    failing_since timestamptz,
    again_at      timestamptz,
    paused_at     timestamptz,
    said          text not null default ''
);

grant select, insert, update, delete on workers.webhooks to subsidia_app;

-- There was nobody to deliver to before.
insert into workers.positions (worker, position)
    select 'webhooks', coalesce(max(size), 0) - 1 from ledger.checkpoints on conflict do nothing;
