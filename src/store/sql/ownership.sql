-- Whose file is this, and is there anything in it?
select
    (select application_id from pragma_application_id) as application_id,
    (select count(*) from sqlite_schema) as tables;
