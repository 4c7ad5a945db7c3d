-- Requests whose answer has not come yet, and answers whose request has not: what was said of a
-- call in one record waits here for what another says.

create sequence half_ids;

create table halves (
    id bigint not null,
    -- what both sides of a call share, as a JSON list, and 64 bits of its hash to find it by
    key varchar not null,
    key_hash ubigint not null,
    -- the key without the id
    sender varchar not null,
    -- 'request' or 'response'
    side varchar not null,
    -- its own time
    ts timestamp,
    seen_at timestamp not null,
    source varchar not null,
    position bigint not null,
    -- for events that carry none
    model varchar,
    version varchar,
    -- a JSON object: fields of the event
    facts varchar not null,
    media_type varchar,
    header_length bigint,
    -- null: the record had no body
    payload blob,
    -- when its call was told as failed, because no answer had come; null: it waits
    given_up_at timestamp
);

-- Which sides a sender ever told: of one that logs no answers nothing follows from their absence.
create table half_senders (
    sender varchar not null,
    side varchar not null
);
