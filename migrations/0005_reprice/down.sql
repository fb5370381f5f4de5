drop table reprice_undo;
drop table reprice;
