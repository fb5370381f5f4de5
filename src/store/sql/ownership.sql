-- Whose file is this, and is there anything in it? The list of migrations does
-- not count: it exists before the first migration, which marks the file as ours.
select
    (select application_id from pragma_application_id) as application_id,
    (select count(*) from sqlite_schema where tbl_name <> '__diesel_schema_migrations') as tables;
