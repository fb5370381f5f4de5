-- The speed of output counts all output over the whole time of a request. What
-- is kept of it was counted from the first byte on: columns are cut anew, and
-- roll-ups made anew, in the background.
delete from segment_column;
delete from segment;
insert or replace into setting (name, value)
select 'rebuild', json_object(
    'ordered_at', newest.at_ms,
    'oldest', oldest.at_ms,
    'newest', newest.at_ms,
    'next', oldest.at_ms,
    'finished_at', null
)
from (select at_ms from event order by at_ms, id limit 1) as oldest,
    (select at_ms from event order by at_ms desc, id desc limit 1) as newest;
