-- `refused`: how often in a row something was not taken for a reason of its receiver's own; after a week of such tries the
-- place is paused. While the mail server is away, or we are, nobody refuses anything.
--
-- `mailbox` and `domain` are keyed hashes as `address` is: of the address without what stands behind a plus, which leads
-- to the same mailbox with most, and of what stands behind the @. One question at a time is open to a mailbox, and there
-- are bounds to a domain. Null: asked by a program of before.

alter table workers.webhooks add column refused integer not null default 0;
alter table workers.subscriptions add column refused integer not null default 0;
alter table workers.subscriptions add column mailbox bytea;
alter table workers.subscriptions add column domain bytea;

create unique index on workers.subscriptions (mailbox) where confirmed_at is null;
