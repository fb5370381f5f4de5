-- Statistics come back when somebody asks for them.
analyze sqlite_schema;
