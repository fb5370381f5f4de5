drop table key_alias;
