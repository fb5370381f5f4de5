-- Under which `auth_index` events name an account, since when. A file that is
-- written anew with another account keeps its index: each has its own time, and
-- the past of one does not become that of the next.
create table account_time (
    auth_index text not null,
    since_ms bigint not null check (typeof(since_ms) = 'integer'),
    account integer not null,
    primary key (auth_index, since_ms)
) without rowid;
insert into account_time (auth_index, since_ms, account)
select auth_index, since_ms, account from account_index;
drop table account_index;
alter table account_time rename to account_index;
