drop table price_plan;
drop table price_source;
drop table price_seen;
drop table price_terms;
drop table price_change;
drop table price_multiplier;
drop table price;
