-- Each job that was added or claimed wrote an entry, for look-ups that job_identity and job_serial answer as well.
DROP INDEX job_record;
