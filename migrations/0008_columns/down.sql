-- Older programs know fewer columns: they seal and close anew.
delete from segment_column;
delete from segment;
update rollup_day set closed = 0;
