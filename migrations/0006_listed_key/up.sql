-- The clients' keys that the gateway's configuration lists or has listed, by
-- the hash of the key; a key that went from the list keeps its row.
create table listed_key (
    hash text not null primary key,
    mask text not null,
    listed_at_ms bigint not null check (typeof(listed_at_ms) = 'integer'),
    gone_at_ms bigint check (typeof(gone_at_ms) in ('integer', 'null'))
) without rowid;
