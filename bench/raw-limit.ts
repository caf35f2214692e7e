/** What gigq is measured beside: the same statements by hand, on the store of the run. */
import { type RawLimit, rawSqlite } from './raw.ts';
import { rawPostgres } from './raw-postgres.ts';
import type { StoreName } from './settings.ts';

export const rawLimit: Readonly<Record<StoreName, RawLimit>> = {
  sqlite: rawSqlite,
  postgres: rawPostgres,
};
