-- What is derived from the event table for quick answers. All of it can be
-- deleted and is built anew. The large blobs have a single number for a key:
-- a search among them then compares numbers and never reads a blob.

-- Sealed stretches of events, see `store/scan/segments.rs`. A segment covers
-- the keys from (first_at, first_id) up to, not including, (end_at, end_id).
create table segment (
    first_at bigint not null check (typeof(first_at) = 'integer'),
    first_id bigint not null,
    end_at bigint not null check (typeof(end_at) = 'integer'),
    end_id bigint not null,
    number integer not null unique,
    rows integer not null,
    primary key (first_at, first_id)
) without rowid;

-- One column of one segment: the column is the high half of `place`, the
-- segment the low half, since scans read a few columns of many segments.
create table segment_column (
    place integer not null primary key,
    data blob not null
);

-- Sums and sketches of a stretch of time by the values of one dimension, see
-- `store/rollups.rs`. `place` is made of dimension, grain and time, in this
-- order from the top.
create table rollup (
    place integer not null primary key,
    sums blob not null,
    sketches blob
);

-- UTC days that have events, counted from 1970. `closed`: the roll-ups of the
-- whole day stand in `rollup` and nothing was stored since.
create table rollup_day (
    day integer not null primary key,
    closed integer not null check (closed in (0, 1))
);

-- Request ids of unusual shape; nearly all others are a number in the event.
create index event_detail_request on event_detail (request_id) where request_id is not null;
