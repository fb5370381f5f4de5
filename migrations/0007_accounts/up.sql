-- Credentials of the gateway, also those it no longer has, so that what they
-- did keeps a name. `listed` and `trouble` are JSON without any secret.
create table account (
    id integer not null primary key autoincrement,
    listed text not null,
    trouble text,
    first_seen_ms bigint not null check (typeof(first_seen_ms) = 'integer'),
    changed_ms bigint not null check (typeof(changed_ms) = 'integer'),
    gone_ms bigint check (typeof(gone_ms) in ('integer', 'null'))
);

-- Under which `auth_index` events name an account, since when. A renamed file
-- gets another index and goes on as the same account.
create table account_index (
    auth_index text not null primary key,
    account integer not null,
    since_ms bigint not null check (typeof(since_ms) = 'integer')
) without rowid;
