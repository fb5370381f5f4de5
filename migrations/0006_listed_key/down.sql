drop table listed_key;
