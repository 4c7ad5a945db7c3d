-- Files that hold rows which were moved out of the tables.
create table archived_files (
    -- the folder as it was configured, and the file below it
    place varchar not null,
    path varchar not null,
    model varchar not null,
    version varchar not null,
    -- predictions, unanswered or calls
    kind varchar not null,
    day date not null,
    rows bigint not null,
    size_bytes bigint not null,
    first_ts timestamp not null,
    last_ts timestamp not null,
    -- SHA-256 of the file
    digest varchar not null,
    archived_at timestamp not null,
    -- where a damaged file was put; its rows are missing
    set_aside varchar
);

-- Files that may be there and hold nothing that counts: being written, or not yet removed.
create table archive_leftovers (
    place varchar not null,
    path varchar not null
);

-- What was moved or dropped, when, and by whom.
create table tier_moves (
    model varchar not null,
    -- archived, thawed, dropped or set aside
    what varchar not null,
    who varchar not null,
    moved_at timestamp not null,
    span_start timestamp not null,
    span_end timestamp not null,
    predictions bigint not null,
    unanswered bigint not null,
    calls bigint not null,
    labels bigint not null,
    files bigint not null
);
