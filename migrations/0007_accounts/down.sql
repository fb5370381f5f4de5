drop table account_index;
drop table account;
