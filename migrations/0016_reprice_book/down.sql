alter table reprice drop column book;
