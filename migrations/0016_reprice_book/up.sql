-- The prices a running job was begun with, packed; null once it is over.
alter table reprice add column book blob;
