-- What people call the clients' keys, by the hash of the key. An alias that was
-- taken away is empty; `before` is what it was until then, for one undo.
-- `folded` is the alias without case, so that no two keys read alike.
create table key_alias (
    hash text not null primary key,
    alias text not null,
    folded text not null,
    before text not null,
    changed_at_ms bigint not null check (typeof(changed_at_ms) = 'integer')
) without rowid;
create unique index key_alias_folded on key_alias (folded) where folded <> '';
