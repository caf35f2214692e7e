/** Repairs of a sound schema: what can be counted again, and what nobody else would ever put right. */
import { misjudged, rowChecks } from '../../doctor-rows.ts';
import type { Connection } from '../connection.ts';
import { requireSchema } from '../migrating.ts';
import { unhurried } from './snapshot.ts';

/** In one transaction, fully or not at all. Throws Passing if others stand in the way. */
export async function repair(connection: Connection): Promise<void> {
  await requireSchema(connection);
  await connection.query(`BEGIN; ${unhurried}`);
  try {
    await connection.all('lockOut');
    await mendRows(connection);
    await connection.commit();
  } catch (error) {
    await connection.rollback();
    throw error;
  }
}

async function mendRows(connection: Connection): Promise<void> {
  for (const check of rowChecks) {
    if (!('mend' in check) || (await connection.get(check.wrong)) === undefined) continue;
    if (check.mend === 'mendWorkflows') await mendWorkflows(connection);
    else await connection.all(check.mend);
  }
}

/** How a workflow ended stays as it is: jobs that were cleared are counted no more. */
async function mendWorkflows(connection: Connection): Promise<void> {
  const counted = await connection.all('mendWorkflows');
  const changed = misjudged(counted as unknown as Parameters<typeof misjudged>[0]);
  await connection.all('workflowStatuses', {
    workflows: changed.map(({ workflow }) => workflow),
    statuses: changed.map(({ status }) => status),
  });
}
