-- What reading a rejected line again takes: when it was met, how it was read, how often its load
-- held it. Nothing of that is known of lines that were kept before.
alter table rejected add column rejected_at timestamp;
-- events or labels
alter table rejected add column kind varchar;
alter table rejected add column format varchar;
alter table rejected add column model varchar;
alter table rejected add column version varchar;
-- JSON, as a mapping file says it; null: none was given
alter table rejected add column mapping varchar;
alter table rejected add column times bigint;
alter table rejected add column cut boolean;

-- lines that are in `rejected` no more
create table rejected_before (
    source varchar not null,
    reason varchar not null,
    dropped bigint not null,
    read_again bigint not null
);
