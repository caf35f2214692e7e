-- For the doctor, in a transaction that reads: jobs with something that should be JSON and is not, as try-json has left them.
SELECT id FROM json_array_elements_text(current_setting('doctor.not_json')::json) AS found (id)
