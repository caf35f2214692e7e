-- Remembers a migration, in the transaction that applied it.
INSERT INTO gigq.migrations (version, name, checksum, applied_at)
SELECT :version, :name, :checksum, floor(extract(epoch FROM clock_timestamp()) * 1000)
