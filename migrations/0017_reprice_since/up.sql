-- Events that were stored while a job runs, where it has not been yet: it
-- passes them by. Empty when nothing runs.
create table reprice_since (
    at_ms bigint not null check (typeof(at_ms) = 'integer'),
    id bigint not null,
    primary key (at_ms, id)
) without rowid;
