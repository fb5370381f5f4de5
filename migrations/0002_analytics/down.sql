drop index event_detail_request;
drop table rollup_day;
drop table rollup;
drop table segment_column;
drop table segment;
