-- The roles of a deployment (docs/decisions/0026), made once, by the server's administrator. psql gives the variables.
CREATE ROLE sanguan_reader NOLOGIN; -- reads one log: every reading for one sub-district goes under it
CREATE ROLE sanguan_app NOLOGIN; -- adds events, and changes none
GRANT sanguan_reader TO sanguan_app;
CREATE ROLE sanguan_owner LOGIN PASSWORD :'owner_password'; -- owns the tables: migrates, and serves nobody
GRANT sanguan_reader, sanguan_app TO sanguan_owner;
CREATE ROLE sanguan_process LOGIN PASSWORD :'process_password' IN ROLE sanguan_app; -- the processes
ALTER DATABASE :"DBNAME" OWNER TO sanguan_owner;
