alter table account drop column turned_ms;
