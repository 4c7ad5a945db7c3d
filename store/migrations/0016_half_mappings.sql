-- How a half is to be read, as its source said when it came. A mapping is kept once, however many
-- halves came with it. Of halves that were kept before, nothing is known of theirs.
create sequence half_mapping_ids;

create table half_mappings (
    id bigint not null,
    -- JSON, as a mapping file says it
    mapping varchar not null
);

-- null: none was given
alter table halves add column mapping_id bigint;
