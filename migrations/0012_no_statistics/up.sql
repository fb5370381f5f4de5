-- Every query has one sensible plan: along a primary key. With statistics
-- SQLite makes that plan anew for every value that is bound, which costs more
-- than most queries.
drop table if exists sqlite_stat4;
drop table if exists sqlite_stat1;
