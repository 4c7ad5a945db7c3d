-- Who had rows removed, when and of which model. Of what they were told by, only the fields: a value,
-- or its hash, would let the person be found again.
create table erasures (
    model varchar not null,
    who varchar not null,
    erased_at timestamp not null,
    fields varchar[] not null,
    span_start timestamp,
    span_end timestamp,
    predictions bigint not null,
    unanswered bigint not null,
    calls bigint not null,
    labels bigint not null,
    rejected bigint not null
);
