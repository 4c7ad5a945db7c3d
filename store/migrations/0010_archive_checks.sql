-- When every byte of an archived file was last compared with what was written; null: nobody knows.
alter table archived_files add column checked_at timestamp;
