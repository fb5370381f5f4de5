-- Models that an account served when the gateway was last asked, as JSON.
create table account_models (
    account integer not null primary key,
    asked_ms bigint not null check (typeof(asked_ms) = 'integer'),
    models text not null
);
