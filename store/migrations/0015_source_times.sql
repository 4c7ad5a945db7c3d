-- When something last came from a source, the newest event that did, and how many of its records
-- told of no call. Nothing of that is known of what came before.
alter table sources add column last_at timestamp;
alter table sources add column newest timestamp;
alter table sources add column passed_over bigint;
