-- What workers that follow the ledger keep beside it: how far each has come, and what it must find without a search.
-- All of it follows from the ledger; only how far reactions have come is news.

create schema workers;

create table workers.positions (
    worker     text primary key,
    position   bigint not null,
    updated_at timestamptz not null default clock_timestamp()
);

-- Deadlines that are open or suspended, one row each; what was met, missed or voided is gone from here. `due_at`: the
-- moment at which the day after `due_on` begins in `zone`. `set_by`: the version of the record that set that day.
-- `tries`, `again_at`, `said`: how often the clock has said so, when it says so again, and why it was not heard.
create table workers.agenda (
    stream   uuid,
    number   integer,
    context  text not null,
    zone     text not null,
    due_on   date not null,
    due_at   timestamptz not null,
    set_by   integer not null,
    standing text not null check (standing in ('open', 'suspended')),
    tries    integer not null default 0,
    again_at timestamptz,
    said     text not null default '',
    primary key (stream, number)
);
create index agenda_due on workers.agenda (due_at) where standing = 'open';
create index agenda_again on workers.agenda (again_at) where again_at is not null;

-- Who leans on what: a mandate on the mandate above it and on its parties, a commitment on a mandate.
create table workers.leans (
    thing  uuid,
    manner text,
    stream uuid,
    primary key (thing, manner, stream)
);

-- What follows from a record on a day to come: (the record's position, which reaction, in which stream).
create table workers.later (
    position bigint,
    reaction text,
    stream   uuid,
    due_at   timestamptz not null,
    primary key (position, reaction, stream)
);
create index later_due on workers.later (due_at);

-- What a rule refused to a reaction, for people to look at.
create table workers.refused (
    position bigint,
    reaction text,
    stream   uuid,
    code     text not null,
    reason   text not null,
    at       timestamptz not null default clock_timestamp(),
    primary key (position, reaction, stream)
);

grant usage on schema workers to subsidia_app;
grant select, insert, update, delete on workers.positions, workers.agenda, workers.leans, workers.later, workers.refused
    to subsidia_app;
