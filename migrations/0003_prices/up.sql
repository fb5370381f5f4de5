-- Prices the program does not ship: what the operator set, what a sync took
-- from a source. A quote is JSON; names differ by more than case.
create table price (
    layer text not null check (layer in ('override', 'synced')),
    model text not null collate nocase,
    seller text not null,
    quote text not null,
    source text not null,
    as_of_ms bigint not null check (typeof(as_of_ms) = 'integer'),
    primary key (layer, model, seller)
) without rowid;

-- The operator's multipliers, each as JSON.
create table price_multiplier (
    id integer not null primary key autoincrement,
    content text not null unique
);

-- What was changed together has one batch, and is undone together. `before`
-- and `after` are the item as JSON, null where there was none.
create table price_change (
    id integer not null primary key autoincrement,
    batch bigint not null,
    at_ms bigint not null check (typeof(at_ms) = 'integer'),
    before text,
    after text
);
create index price_change_batch on price_change (batch);

-- Terms under which events were priced, as JSON; events refer to them by id,
-- so they are never changed and never deleted.
create table price_terms (
    id integer not null primary key autoincrement,
    content text not null unique
);

-- Models that were met, for which prices are wanted.
create table price_seen (
    model text not null,
    provider text not null,
    primary key (model, provider)
) without rowid;

-- What each source last said. `list` is the last good answer, packed.
create table price_source (
    name text not null primary key,
    tried_at_ms bigint not null check (typeof(tried_at_ms) = 'integer'),
    read_at_ms bigint check (typeof(read_at_ms) in ('integer', 'null')),
    etag text,
    problem text,
    list blob
) without rowid;

-- The one preview that waits for a decision.
create table price_plan (
    id integer not null primary key check (id = 1),
    made_at_ms bigint not null check (typeof(made_at_ms) = 'integer'),
    content blob not null
);
