drop table reprice_since;
