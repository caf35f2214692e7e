-- Sets the progress of a running job, if the lease still holds. By primary key.
UPDATE gigq_jobs SET progress = :progress, updated_at = :now WHERE seq = :seq AND token = :token AND status = 'running'
