-- What was found in files that are read where they lie: a file that did not change is not read
-- again to know what is in it.

create table source_files (
    model varchar not null,
    path varchar not null,
    -- size and time of its last change
    stamp varchar not null,
    -- how its columns were read
    form varchar not null,
    facts varchar not null
);
