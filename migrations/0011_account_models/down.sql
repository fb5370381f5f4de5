drop table account_models;
