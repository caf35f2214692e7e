-- For the doctor, in a transaction that reads: leaves the ids of jobs with something that should be JSON and is not in a
-- setting of the transaction. Reads all jobs. Before version 16 only a cast tells, by its error.
DO $$
DECLARE
  job record;
  wrong text[] := '{}';
BEGIN
  FOR job IN SELECT id, params, retry, progress, result, error FROM gigq.jobs LOOP
    BEGIN
      PERFORM job.params::json, job.retry::json, job.progress::json, job.result::json, job.error::json;
    EXCEPTION WHEN data_exception OR program_limit_exceeded THEN
      wrong := wrong || job.id;
    END;
  END LOOP;
  PERFORM set_config('doctor.not_json', array_to_json(wrong)::text, true);
END $$
