-- Pricing stored events anew, step by step. The last one can be undone.
create table reprice (
    id integer not null primary key autoincrement,
    made_at_ms bigint not null check (typeof(made_at_ms) = 'integer'),
    from_ms bigint not null check (typeof(from_ms) = 'integer'),
    to_ms bigint not null check (typeof(to_ms) = 'integer'),
    -- A JSON list; empty = all.
    models text not null,
    state text not null check (state in ('running', 'done', 'stopped', 'undoing', 'undone')),
    -- Where the next step begins.
    next_ms bigint not null,
    next_id bigint not null,
    changed bigint not null,
    -- Sums of what was changed, before and after.
    old_nanos bigint not null,
    new_nanos bigint not null,
    old_unpriced bigint not null,
    new_unpriced bigint not null
);

-- What a step changed, packed: keys, and cost and rule as they were.
create table reprice_undo (
    reprice integer not null,
    step integer not null,
    content blob not null,
    primary key (reprice, step)
) without rowid;
