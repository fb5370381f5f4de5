drop table rollup_span;
