-- Marks the file as ours ("CPAM"), so that another program's database is refused.
pragma application_id = 1129333069;

-- Every text an event carries, once. Ids count from 1 within a kind; 0 = empty.
create table dimension (
    kind integer not null,
    id integer not null,
    value text not null,
    label text not null,
    primary key (kind, id),
    unique (kind, value)
) without rowid;

-- One upstream attempt: integers only. The key leads with time, so inserting
-- and recognising a duplicate are appends at the end of the tree.
create table event (
    at_ms bigint not null check (typeof(at_ms) = 'integer'),
    id bigint not null check (typeof(id) = 'integer'),
    request_id integer,
    provider integer not null,
    executor integer not null,
    model integer not null,
    alias integer not null,
    account integer not null,
    auth_type integer not null,
    client_key integer not null,
    endpoint integer not null,
    effort integer not null,
    tier integer not null,
    served_tier integer not null,
    client_ip integer not null,
    forwarded integer not null,
    agent integer not null,
    status integer not null,
    flags integer not null,
    latency_ms bigint check (typeof(latency_ms) in ('integer', 'null')),
    ttft_ms bigint check (typeof(ttft_ms) in ('integer', 'null')),
    uncached bigint,
    cache_read bigint,
    cache_write bigint,
    output bigint,
    reasoning bigint,
    unclassified bigint not null,
    cost_nanos bigint check (typeof(cost_nanos) in ('integer', 'null')),
    price_rule integer,
    primary key (at_ms, id)
) without rowid;

-- What few events have, or what is read one event at a time.
create table event_detail (
    at_ms bigint not null check (typeof(at_ms) = 'integer'),
    id bigint not null,
    request_id text,
    failure text,
    headers blob,
    primary key (at_ms, id)
) without rowid;

-- Items that could not be read. `id` is a hash of the bytes, so taking the
-- same item again does not add a second row.
create table reject (
    id bigint not null primary key,
    taken_at_ms bigint not null check (typeof(taken_at_ms) = 'integer'),
    reason text not null,
    excerpt text not null,
    sealed text,
    tries integer not null default 0
);

-- Spans in which events were probably lost.
create table gap (
    from_ms bigint not null check (typeof(from_ms) = 'integer'),
    why text not null,
    to_ms bigint not null check (typeof(to_ms) = 'integer'),
    primary key (from_ms, why)
) without rowid;

-- Totals since installation.
create table counter (
    name text not null primary key,
    value bigint not null check (typeof(value) = 'integer')
) without rowid;

-- Spool records whose events are committed, so a replay after a crash skips them.
create table spool_record (
    seq integer not null primary key,
    record bigint not null unique
);

-- Settings are JSON; secrets are sealed under data.key.
create table setting (
    name text not null primary key,
    value text not null
) without rowid;

create table secret (
    name text not null primary key,
    sealed text not null
) without rowid;

create table admin_credential (
    id integer not null primary key check (id = 1),
    credential text not null,
    changed_at_ms bigint not null check (typeof(changed_at_ms) = 'integer')
);

create table session (
    id integer not null primary key autoincrement,
    token_hash blob not null unique,
    created_at_ms bigint not null check (typeof(created_at_ms) = 'integer'),
    last_seen_ms bigint not null check (typeof(last_seen_ms) = 'integer'),
    expires_at_ms bigint not null check (typeof(expires_at_ms) = 'integer'),
    address text not null,
    agent text not null
);
