-- Notes what is held against a running job whose process or lease is gone, or that it is cleared; before its settlement,
-- under the same write lock. By primary key.
UPDATE gigq_jobs SET crashes = :crashes, expiries = :expiries, lane = :lane WHERE seq = :seq
