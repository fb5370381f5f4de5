-- Since when an account is listed in the state it is listed in (disabled,
-- cooling down, failing); null where it was so when it was met.
alter table account add column turned_ms bigint check (typeof(turned_ms) in ('integer', 'null'));
