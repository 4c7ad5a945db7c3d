-- How many of a run's predictions were made in shadow; null: the run was stored before that was
-- counted.
alter table runs add column shadow bigint;
