-- Caches of the event table: both can be deleted and are built anew.

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

-- One column of one segment. Columns lie together, since scans read a few
-- columns of many segments.
create table segment_column (
    code integer not null,
    segment integer not null,
    data blob not null,
    primary key (code, segment)
) without rowid;

-- Sums and sketches of a stretch of time by the values of one dimension, see
-- `store/rollups.rs`.
create table rollup (
    dimension integer not null,
    grain integer not null,
    bucket bigint not null check (typeof(bucket) = 'integer'),
    sums blob not null,
    sketches blob,
    primary key (dimension, grain, bucket)
) without rowid;

-- Request ids of unusual shape; nearly all others are a number in the event.
create index event_detail_request on event_detail (request_id) where request_id is not null;
