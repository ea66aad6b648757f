-- Openings are encrypted, each under the key of its subject, which lies outside the database (services/keyring.py);
-- and a command may erase what is there of a subject. Openings of before wait in a table of their own, out of the
-- application's reach, for `encrypt_plain_openings` (services/store/encrypting.py), since only a program has keys.

do $$
begin
    if exists (select from ledger.openings) then
        alter table ledger.openings rename to plain_openings;
        alter index ledger.openings_pkey rename to plain_openings_pkey;
        revoke all on ledger.plain_openings from subsidia_app;
    else
        drop table ledger.openings;
    end if;
end $$;

-- What a salted hash in a record stands for. The only rows of the ledger that may be erased.
-- `cipher`: salt and value; `audience`: the unit whose officers may read it, by its id.
create table ledger.openings (
    stream   uuid,
    version  integer,
    path     text,
    subject  uuid not null,
    cipher   bytea not null,
    audience text not null,
    primary key (stream, version, path)
);
create index openings_subject on ledger.openings (subject);

drop function ledger.append;

-- Appends a composed batch if the ledger has exactly `expected` records, none stamped later than `moment`, and nothing
-- stands in its way; then `done`. Otherwise nothing is written and the answer is what `probe` found.
create function ledger.append(
    expected bigint, moment timestamptz,
    cmds uuid[], callers text[], fingerprints bytea[], firsts bigint[], counts integer[], answers bytea[],
    probe_streams uuid[], probe_versions integer[],
    take_words text[], take_streams uuid[], free_words text[], free_streams uuid[],
    streams uuid[], versions integer[], types text[], states bytea[],
    spoken_units uuid[], spoken_positions bigint[],
    opening_streams uuid[], opening_versions integer[], opening_paths text[],
    opening_subjects uuid[], opening_ciphers bytea[], opening_audiences text[], erased uuid[],
    new_root bytea, new_edge bytea, new_note text, levels integer[], indexes bigint[], hashes bytea[],
    out done boolean, out size bigint, out at timestamptz, out edge bytea, out note text,
    out known uuid[], out moved uuid[], out moved_to integer[], out held text[]
) language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
as $$
begin
    done := false;
    -- A statement of its own: what follows sees everything that the holder before us committed.
    perform pg_advisory_xact_lock(7310579645227565);
    select p.size, p.at, p.edge, p.note, p.known, p.moved, p.moved_to, p.held
        into size, at, edge, note, known, moved, moved_to, held
        from ledger.probe(cmds, probe_streams, probe_versions, take_words, take_streams, free_words, free_streams) p;
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
    if cardinality(take_words) > 0 then
        insert into ledger.claims (word, stream) select * from unnest(take_words, take_streams)
            on conflict (word) do nothing;  -- `probe` saw that nobody else holds it
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
grant execute on function ledger.append to subsidia_app;
grant select on ledger.openings to subsidia_app;
