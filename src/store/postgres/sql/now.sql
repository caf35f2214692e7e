-- What time it is.
SELECT gigq.now_ms() AS now
