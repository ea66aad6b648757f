-- What a batch says comes as rows, not as columns: less to pack and unpack at each append. And of positions and
-- checkpoints, which nobody else writes, the function itself makes sure: a table's CHECKs are read anew, from text, for
-- each statement.

alter table ledger.records drop constraint records_position_check;
alter table ledger.checkpoints
    drop constraint checkpoints_size_check, drop constraint checkpoints_root_check, drop constraint checkpoints_edge_check;

drop function ledger.append;
drop function ledger.probe;

create type ledger.expected as (stream uuid, version integer);
create type ledger.draft as (stream uuid, version integer, type text, state bytea);
create type ledger.command as (
    cmd uuid, caller text, fingerprint bytea, first bigint, count integer, answer bytea
);

-- What stands in the way of a batch, as seen now: command ids that are known, and streams whose newest version is not
-- the one expected (-1 or 0: no records yet); null where nothing does. And the head: size 0 where the ledger is empty.
-- One stable query, so that `append` has it as a part of its own plan.
create function ledger.probe(cmds uuid[], expects ledger.expected[]) returns table (
    size bigint, at timestamptz, edge bytea, note text, known uuid[], moved uuid[], moved_to integer[]
) language sql stable rows 1 as $$
    select coalesce(head.size, 0), head.at, head.edge, head.note, k.known, m.moved, m.moved_to
    from (
        select array_agg(c.cmd) as known
        from unnest(cmds) asked (cmd) join ledger.commands c on c.cmd = asked.cmd
    ) k
    cross join (
        select array_agg(p.stream) as moved, array_agg(coalesce(p.found, 0)) as moved_to from (
            select expected.stream, expected.version, (
                select r.version from ledger.records r where r.stream = expected.stream order by r.version desc limit 1
            ) as found
            from unnest(expects) expected
            offset 0  -- keeps the look-up from being made twice
        ) p where coalesce(p.found, least(p.version, 0)) <> p.version
    ) m
    left join lateral (
        select c.size, c.at, c.edge, c.note from ledger.checkpoints c order by c.size desc limit 1
    ) head on true
$$;

-- The words of a batch that others hold once some are freed, each with one who does; null where nobody does.
create function ledger.holders(claims ledger.claims[], freed ledger.claims[]) returns table (
    held text[], held_by uuid[]
) language sql stable rows 1 as $$
    select array_agg(w.word), array_agg(w.holder) from (
        select asked.word, coalesce(
            (
                select c.stream from ledger.claims c
                where c.word = asked.word and not c.shared and c.stream <> asked.stream and not exists (
                    select 1 from unnest(freed) f where f.word = c.word and f.stream = c.stream
                ) limit 1
            ),
            case when not asked.shared then (
                select c.stream from ledger.claims c
                where c.word = asked.word and c.shared and c.stream <> asked.stream and not exists (
                    select 1 from unnest(freed) f where f.word = c.word and f.stream = c.stream
                ) limit 1
            ) end
        ) as holder
        from unnest(claims) asked
        offset 0  -- as above
    ) w where w.holder is not null
$$;

-- Appends a composed batch if the ledger has exactly `expected` records with the tree of `expected_edge`, none stamped
-- later than `moment`, and nothing stands in its way; then `done`. Otherwise nothing is written and the answer is what
-- `probe` and `holders` found.
create function ledger.append(
    expected bigint, moment timestamptz, expected_edge bytea,
    commands ledger.command[], expects ledger.expected[], claims ledger.claims[], freed ledger.claims[],
    drafts ledger.draft[], spoken ledger.spoken_of[], openings ledger.openings[], erased uuid[],
    new_root bytea, new_edge bytea, new_note text, subtrees ledger.subtrees[],
    out done boolean, out size bigint, out at timestamptz, out edge bytea, out note text,
    out known uuid[], out moved uuid[], out moved_to integer[], out held text[], out held_by uuid[]
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    done := false;
    -- A statement of its own: what follows sees everything that the holder before us committed.
    perform pg_advisory_xact_lock(7310579645227565);
    select p.size, p.at, p.edge, p.note, p.known, p.moved, p.moved_to
        into size, at, edge, note, known, moved, moved_to
        from ledger.probe(array(select c.cmd from unnest(commands) c), expects) p;
    if claims is not null then
        select h.held, h.held_by into held, held_by from ledger.holders(claims, freed) h;
    end if;
    if size <> expected or coalesce(edge, '') <> expected_edge or at > moment or
        num_nonnulls(known, moved, held) > 0 then
        return;
    end if;
    if cardinality(drafts) > 0 then
        if octet_length(new_root) <> 32 or octet_length(new_edge) % 32 <> 0 then
            raise exception 'A tree of hashes that are not 32 bytes long is refused.' using errcode = 'check_violation';
        end if;
        insert into ledger.records (position, stream, version, type, state, at)
            select expected + n - 1, d.stream, d.version, d.type, d.state, moment
            from unnest(drafts) with ordinality d (stream, version, type, state, n);
        insert into ledger.checkpoints (size, root, edge, note, at)
            values (expected + cardinality(drafts), new_root, new_edge, new_note, moment);
        if spoken is not null then
            insert into ledger.spoken_of (unit, position) select s.unit, s.position from unnest(spoken) s;
        end if;
        if subtrees is not null then
            insert into ledger.subtrees (level, index, hash) select s.level, s.index, s.hash from unnest(subtrees) s;
        end if;
        perform pg_notify('ledger', '');
    end if;
    insert into ledger.commands (cmd, caller, fingerprint, first, count, at, answer)
        select c.cmd, c.caller, c.fingerprint, c.first, c.count, moment, c.answer from unnest(commands) c;
    if freed is not null then
        delete from ledger.claims c using unnest(freed) f where c.word = f.word and c.stream = f.stream;
    end if;
    if claims is not null then
        -- `holders` saw that nobody else stands in the way: what is there already is the stream's own. Held both ways,
        -- a word is held alone.
        insert into ledger.claims as c (word, stream, shared)
            select a.word, a.stream, bool_and(a.shared) from unnest(claims) a group by a.word, a.stream
            on conflict (word, stream) do update set shared = false where c.shared and not excluded.shared;
    end if;
    if openings is not null then
        insert into ledger.openings (stream, version, path, subject, cipher, audience)
            select o.stream, o.version, o.path, o.subject, o.cipher, o.audience from unnest(openings) o;
    end if;
    if erased is not null then
        -- Whoever issued a token may have noted for whom; tokens name the accreditation that they rest on.
        update access.tokens t set note = '' from ledger.openings o
            where o.subject = any(erased) and t.accreditation = o.stream || '/' || o.version and t.note <> '';
        delete from ledger.openings o where o.subject = any(erased);
    end if;
    done := true;
end $$;

revoke execute on function ledger.append from public;
grant execute on function ledger.append, ledger.probe, ledger.holders to subsidia_app;
