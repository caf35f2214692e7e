/** Where an address has led to, as the server says it: by the user, the environment or a pooler it may be another place. */
import type { Landing } from '../moving.ts';
import type { Connection } from './connection.ts';

/** Not every role may ask which server it is, and not everything that speaks like one knows. */
const database = `
  SELECT pg_catalog.current_database()::text AS name,
    pg_catalog.has_function_privilege(pg_catalog.to_regprocedure('pg_catalog.pg_control_system()'), 'EXECUTE') AS may_ask
`;

/** As text: it does not fit into a number. */
const system = 'SELECT system_identifier::text AS identifier FROM pg_catalog.pg_control_system()';

export async function landingOf(connection: Connection): Promise<Landing> {
  const [row] = (await connection.query(database)).rows;
  const [server] = row?.['may_ask'] === true ? (await connection.query(system)).rows : [];
  return {
    system: server === undefined ? null : String(server['identifier']),
    database: String(row?.['name']),
    schema: connection.address.schema,
  };
}
