-- Which rejects are beyond the newest ?1 rows or beyond ?2 bytes?
delete from reject
where id in (
    select id
    from (
        select
            id,
            row_number() over newest_first as rows_so_far,
            sum(length(excerpt) + coalesce(length(sealed), 0)) over newest_first as bytes_so_far
        from reject
        window newest_first as (order by taken_at_ms desc, id desc)
    )
    where rows_so_far > ?1 or bytes_so_far > ?2
);
