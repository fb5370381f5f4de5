-- What went to the gateway through the panel and its API and changed it or
-- handed out secrets. Written before the request is passed on, completed when
-- its answer ended; no bodies, no secrets.
create table audit (
    id integer not null primary key autoincrement,
    at_ms bigint not null check (typeof(at_ms) = 'integer'),
    kind text not null check (kind in ('change', 'secret')),
    -- 'key', or 'session:' and its number.
    who text not null,
    address text not null,
    method text not null,
    path text not null,
    -- The gateway's answer; null = none came, or not yet.
    status integer,
    -- 'done', 'cut', or the code of the refusal; empty = still under way, or the
    -- process died.
    outcome text not null,
    sent bigint not null,
    received bigint not null,
    took_ms bigint
);
create index audit_at on audit (at_ms);
