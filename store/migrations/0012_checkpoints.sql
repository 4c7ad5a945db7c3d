-- How far files are taken that are followed: written in the transaction that stores what was taken.

create table checkpoints (
    id bigint not null,
    -- what was named to be followed; what it is a file of
    source varchar not null,
    -- where the file was seen last, for people
    path varchar not null,
    -- null: the file of this content has gone from that place, or nobody knows where it is
    device varchar,
    inode varchar,
    format varchar not null,
    -- hash of the first bytes of the content, at most 1024
    head_bytes bigint not null,
    head varchar not null,
    -- bytes of the content, unpacked, that are taken; hash of the last 1024 of them, CRC of all
    taken_bytes bigint not null,
    tail varchar not null,
    checksum bigint not null,
    lines bigint not null,
    -- size and time of change of the file when its end was reached; -1: it was not
    size_bytes bigint not null,
    changed_ns bigint not null,
    newest timestamp,
    taken_at timestamp,
    -- `taken_records` holds every record with a time from here on; null: every one
    known_from timestamp
);

-- Records that were taken and carry no id of their own: how many of the same a file had before.
create table taken_records (
    checkpoint bigint not null,
    model varchar not null,
    ts timestamp not null,
    id uhugeint not null,
    taken_at timestamp not null
);

create table followed_sources (
    source varchar not null,
    looked_at timestamp not null,
    files bigint not null,
    bytes_behind bigint not null,
    every_s double not null,
    failing bigint not null,
    error varchar
);
