-- Remembers a migration, in the transaction that applied it.
INSERT INTO gigq_migrations (version, name, checksum, applied_at) VALUES (:version, :name, :checksum, :now)
