create table account_time (
    auth_index text not null primary key,
    account integer not null,
    since_ms bigint not null check (typeof(since_ms) = 'integer')
) without rowid;
-- Only the newest account of each index fits.
insert into account_time (auth_index, account, since_ms)
select auth_index, account, since_ms from account_index as newest
where since_ms = (
    select max(since_ms) from account_index as all_of where all_of.auth_index = newest.auth_index
);
drop table account_index;
alter table account_time rename to account_index;
