-- Keys of the HTTP interface. A secret is 256 random bits, so its plain SHA-256 cannot be turned
-- back by guessing: a slow hash protects passwords that people choose, and would cost every
-- request what it costs an attacker.

create table keys (
    key_id varchar not null,
    name varchar not null,
    digest blob not null,
    scopes varchar[] not null,
    -- null: every model
    models varchar[],
    created_at timestamp not null,
    expires_at timestamp,
    revoked_at timestamp,
    -- to the hour
    last_used_at timestamp
);
