-- A word may be held by one stream alone, or shared by several: who takes it alone is stopped by anybody else who holds
-- it, who shares it only by whoever holds it alone. What was held before is held alone.

alter table ledger.claims drop constraint claims_pkey;
alter table ledger.claims add column shared boolean not null default false;
alter table ledger.claims alter column shared drop default;
alter table ledger.claims add primary key (word, stream);
-- Second guard, behind `probe`; and a look-up for whoever shares, which thousands who share as well do not lengthen.
create unique index claims_alone on ledger.claims (word) where not shared;

comment on table ledger.claims is
    'Words that one stream holds alone, such as an identifier within its scheme, or that several share.';

drop function ledger.append;
drop function ledger.probe;

-- What stands in the way of a batch, as seen now: command ids that are known, streams whose newest version is not the
-- one expected (-1 or 0: no records yet), words that others hold, each with one who does; null where nothing does. And
-- the head: size 0 where the ledger is empty. One stable query, so that `append` has it as a part of its own plan.
create function ledger.probe(
    cmds uuid[], probe_streams uuid[], probe_versions integer[], take_words text[], take_streams uuid[],
    share_words text[], share_streams uuid[], free_words text[], free_streams uuid[]
) returns table (
    size bigint, at timestamptz, edge bytea, note text,
    known uuid[], moved uuid[], moved_to integer[], held text[], held_by uuid[]
) language sql stable rows 1 as $$
    select coalesce(head.size, 0), head.at, head.edge, head.note, k.known, m.moved, m.moved_to, h.held, h.held_by
    from (
        select array_agg(c.cmd) as known
        from unnest(cmds) asked (cmd) join ledger.commands c on c.cmd = asked.cmd
    ) k
    cross join (
        select array_agg(p.stream) as moved, array_agg(coalesce(p.found, 0)) as moved_to from (
            select expected.stream, expected.version, (
                select r.version from ledger.records r where r.stream = expected.stream order by r.version desc limit 1
            ) as found
            from unnest(probe_streams, probe_versions) expected (stream, version)
            offset 0  -- keeps the look-up from being made twice
        ) p where coalesce(p.found, least(p.version, 0)) <> p.version
    ) m
    cross join (
        select array_agg(w.word) as held, array_agg(w.holder) as held_by from (
            select taken.word, coalesce(
                (
                    select c.stream from ledger.claims c
                    where c.word = taken.word and not c.shared and c.stream <> taken.stream and not exists (
                        select 1 from unnest(free_words, free_streams) freed (word, stream)
                        where freed.word = c.word and freed.stream = c.stream
                    ) limit 1
                ),
                case when not taken.shared then (
                    select c.stream from ledger.claims c
                    where c.word = taken.word and c.shared and c.stream <> taken.stream and not exists (
                        select 1 from unnest(free_words, free_streams) freed (word, stream)
                        where freed.word = c.word and freed.stream = c.stream
                    ) limit 1
                ) end
            ) as holder
            from (
                select t.word, t.stream, false from unnest(take_words, take_streams) t (word, stream)
                union all
                select s.word, s.stream, true from unnest(share_words, share_streams) s (word, stream)
            ) taken (word, stream, shared)
            offset 0  -- as above
        ) w where w.holder is not null
    ) h
    left join lateral (
        select c.size, c.at, c.edge, c.note from ledger.checkpoints c order by c.size desc limit 1
    ) head on true
$$;

-- Appends a composed batch if the ledger has exactly `expected` records, none stamped later than `moment`, and nothing
-- stands in its way; then `done`. Otherwise nothing is written and the answer is what `probe` found.
create function ledger.append(
    expected bigint, moment timestamptz,
    cmds uuid[], callers text[], fingerprints bytea[], firsts bigint[], counts integer[], answers bytea[],
    probe_streams uuid[], probe_versions integer[], take_words text[], take_streams uuid[],
    share_words text[], share_streams uuid[], free_words text[], free_streams uuid[],
    streams uuid[], versions integer[], types text[], states bytea[],
    spoken_units uuid[], spoken_positions bigint[],
    opening_streams uuid[], opening_versions integer[], opening_paths text[],
    opening_subjects uuid[], opening_ciphers bytea[], opening_audiences text[], erased uuid[],
    new_root bytea, new_edge bytea, new_note text, levels integer[], indexes bigint[], hashes bytea[],
    out done boolean, out size bigint, out at timestamptz, out edge bytea, out note text,
    out known uuid[], out moved uuid[], out moved_to integer[], out held text[], out held_by uuid[]
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    done := false;
    -- A statement of its own: what follows sees everything that the holder before us committed.
    perform pg_advisory_xact_lock(7310579645227565);
    select p.size, p.at, p.edge, p.note, p.known, p.moved, p.moved_to, p.held, p.held_by
        into size, at, edge, note, known, moved, moved_to, held, held_by
        from ledger.probe(cmds, probe_streams, probe_versions, take_words, take_streams, share_words, share_streams,
                          free_words, free_streams) p;
    if size <> expected or at > moment or coalesce(known::text, moved::text, held::text) is not null then
        return;
    end if;
    if cardinality(streams) > 0 then
        insert into ledger.records (position, stream, version, type, state, at)
            select expected + n - 1, d.stream, d.version, d.type, d.state, moment
            from unnest(streams, versions, types, states) with ordinality d (stream, version, type, state, n);
        insert into ledger.checkpoints (size, root, edge, note, at)
            values (expected + cardinality(streams), new_root, new_edge, new_note, moment);
        insert into ledger.spoken_of (unit, position) select * from unnest(spoken_units, spoken_positions);
        if cardinality(levels) > 0 then
            insert into ledger.subtrees (level, index, hash) select * from unnest(levels, indexes, hashes);
        end if;
        perform pg_notify('ledger', '');
    end if;
    insert into ledger.commands (cmd, caller, fingerprint, first, count, at, answer)
        select c.cmd, c.caller, c.fingerprint, c.first, c.count, moment, c.answer
        from unnest(cmds, callers, fingerprints, firsts, counts, answers)
            c (cmd, caller, fingerprint, first, count, answer);
    if cardinality(free_words) > 0 then
        delete from ledger.claims c using unnest(free_words, free_streams) freed (word, stream)
            where c.word = freed.word and c.stream = freed.stream;
    end if;
    -- `probe` saw that nobody else stands in the way: what is there already is the stream's own. Held both ways, a word
    -- is held alone.
    if cardinality(take_words) > 0 then
        insert into ledger.claims as c (word, stream, shared)
            select distinct t.word, t.stream, false from unnest(take_words, take_streams) t (word, stream)
            on conflict (word, stream) do update set shared = false where c.shared;
    end if;
    if cardinality(share_words) > 0 then
        insert into ledger.claims (word, stream, shared)
            select s.word, s.stream, true from unnest(share_words, share_streams) s (word, stream)
            on conflict (word, stream) do nothing;
    end if;
    if cardinality(opening_streams) > 0 then
        insert into ledger.openings (stream, version, path, subject, cipher, audience)
            select * from unnest(opening_streams, opening_versions, opening_paths, opening_subjects, opening_ciphers,
                                 opening_audiences);
    end if;
    if cardinality(erased) > 0 then
        -- Whoever issued a token may have noted for whom; tokens name the accreditation that they rest on.
        update access.tokens t set note = '' from ledger.openings o
            where o.subject = any(erased) and t.accreditation = o.stream || '/' || o.version and t.note <> '';
        delete from ledger.openings o where o.subject = any(erased);
    end if;
    done := true;
end $$;

revoke execute on function ledger.append from public;
grant execute on function ledger.append, ledger.probe to subsidia_app;
