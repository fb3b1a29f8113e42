-- Every claim wrote an entry and every answer removed it, for a handful of rows that job_serial leads to as well.
DROP INDEX job_running;
