-- One row for each request that reached a model service. Runs on SQLite and on PostgreSQL.
CREATE TABLE usage (
    id                  TEXT PRIMARY KEY,
    time_millis         BIGINT NOT NULL,
    key_id              TEXT NOT NULL,
    namespace           TEXT NOT NULL,
    model_service       TEXT NOT NULL,
    revision            TEXT NOT NULL,
    replica             TEXT NOT NULL,
    operation           TEXT NOT NULL,
    input_tokens        BIGINT NOT NULL,
    output_tokens       BIGINT NOT NULL,
    cached_tokens       BIGINT NOT NULL,
    status              INTEGER NOT NULL,
    streamed            INTEGER NOT NULL,
    first_token_micros  BIGINT,
    duration_micros     BIGINT NOT NULL,
    request_bytes       BIGINT NOT NULL,
    response_bytes      BIGINT NOT NULL
);

CREATE INDEX usage_by_time ON usage (time_millis);

CREATE INDEX usage_by_service ON usage (namespace, model_service, time_millis);

CREATE INDEX usage_by_key ON usage (key_id, time_millis);
