-- Spans of eight days whose roll-ups stand in `rollup`: all of their days are
-- closed and nothing was stored in them since. Counted from 1970.
create table rollup_span (
    span integer not null primary key
);
