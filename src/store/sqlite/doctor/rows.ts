/** The rows of a database: what is wrong with them, and how that is mended. */
import { foundBy, laneCheck, misjudged, rowChecks } from '../../doctor-rows.ts';
import type { Finding } from '../../doctor.ts';
import type { Connection } from '../connection.ts';
import { sql } from '../sql.gen.ts';
import type { Snapshot } from './snapshot.ts';

const checks = [...rowChecks, laneCheck];

export function checkRows(snapshot: Snapshot): Finding[] {
  return checks.flatMap((check) => foundBy(check, snapshot.query(sql[check.wrong])));
}

/** Mends what can be; within a write transaction. */
export function mendRows(connection: Connection, now: number): void {
  for (const check of checks) {
    if (!('mend' in check) || connection.get(check.wrong) === undefined) continue;
    if (check.mend === 'mendWorkflows') mendWorkflows(connection, now);
    else connection.run(check.mend, { now });
  }
}

/** How a workflow ended stays as it is: jobs that were cleared are counted no more. */
function mendWorkflows(connection: Connection, now: number): void {
  const counted = connection.all('mendWorkflows');
  for (const { workflow, status } of misjudged(
    counted as unknown as Parameters<typeof misjudged>[0],
  )) {
    const completedAt = status === 'running' ? null : now;
    connection.run('workflowStatus', { workflow, status, completedAt });
  }
}
