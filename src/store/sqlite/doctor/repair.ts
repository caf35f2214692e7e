/** Repairs of a sound database: what can be counted again, and what nobody else would ever put right. */
import { closeToOthers } from './files.ts';
import { Busy, type Connection, openConnection } from '../connection.ts';
import { requireSchema } from '../migrating.ts';
import { mendRows } from './rows.ts';

/** In one transaction, fully or not at all. Throws Busy if another connection holds the write lock. */
export function repair(path: string, now: number): void {
  closeToOthers(path);
  const connection = openConnection(path, { initialize: false });
  try {
    requireSchema(connection);
    mend(connection, now);
    resetWal(connection);
  } finally {
    connection.close();
  }
}

function mend(connection: Connection, now: number): void {
  connection.begin();
  try {
    mendRows(connection, now);
    connection.commit();
  } catch (error) {
    connection.rollback();
    throw error;
  }
}

/** As far as it goes: a reader may still need it. */
function resetWal(connection: Connection): void {
  try {
    connection.query('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch (error) {
    if (!(error instanceof Busy)) throw error;
  }
}
