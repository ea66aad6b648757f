-- Who follows the register by mail, each with a place in the ledger. An address stands here only encrypted (`sealed`,
-- under the key of this id in services/keyring.py) and as a keyed hash (`address`), by which it is found. Of `types`,
-- `contexts`, `units` and `streams`, an empty list is all of them. `position`: the last record that was told, or needed
-- not be; a message that is being sent tells what stands behind it up to `upto`. Who has not confirmed within a day is
-- forgotten.

create table workers.subscriptions (
    id            uuid primary key,
    address       bytea not null,
    sealed        bytea not null,
    types         text[] not null,
    contexts      text[] not null,
    units         uuid[] not null,
    streams       uuid[] not null,
    period        text not null,
    languages     text[] not null,
    position      bigint not null check (position >= -1),
    upto          bigint not null default -1,
    asked_at      timestamptz not null default clock_timestamp(),
    invited_at    timestamptz,
    confirmed_at  timestamptz,
    tries         integer not null default 0,
    failing_since timestamptz,
    again_at      timestamptz,
    paused_at     timestamptz,
    said          text not null default ''
);

create index on workers.subscriptions (address);
-- One question at a time is open to an address, whoever asks it.
create unique index on workers.subscriptions (address) where confirmed_at is null;

grant select, insert, update, delete on workers.subscriptions to subsidia_app;
