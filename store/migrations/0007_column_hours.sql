-- From windows of `since` on, a column is counted over these cells.
create table column_grids (
    model varchar not null,
    column_name varchar not null,
    kind varchar not null,
    role varchar not null,
    since timestamp not null,
    -- of the cells: counts over others cannot be added
    fingerprint varchar not null,
    grid varchar not null
);
