// How SQLite goes about each statement: none may read the backlog.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, test } from 'node:test';
import { sql } from '../../dist/store/sqlite/sql.gen.js';
import { makeDatabase } from '../helpers/store-files.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

type Statement = keyof typeof sql;

/** The indexes on which the rules of the queue rest, and the statements that must go by them. */
const byIndex: Readonly<Partial<Record<Statement, string>>> = {
  claim: 'SCAN gigq_jobs USING COVERING INDEX gigq_jobs_line',
  claimInLanes: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_ready (lane=?)',
  promote: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_due (run_at<?)',
  nextDue: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_due',
  claimant: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_due',
  readyLanes: 'SCAN gigq_lanes USING INDEX gigq_lanes_ready',
  readySuspects: 'SCAN gigq_lanes USING INDEX gigq_lanes_suspects',
  held: 'SEARCH gigq_jobs USING INDEX gigq_jobs_running (worker=?)',
  runningJobs: 'SEARCH gigq_jobs USING INDEX gigq_jobs_running (worker=?)',
  workers: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_running (worker=?)',
  running: 'SEARCH gigq_jobs USING INDEX gigq_jobs_running (worker=?)',
  loneSuspects: 'SEARCH job USING INDEX gigq_jobs_running (worker=?)',
  holder: 'SEARCH job USING INTEGER PRIMARY KEY (rowid=?)',
  forgetWorkers: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_running (worker=?)',
  lease: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  settle: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  recordExecution: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  progress: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  removeJob: 'SEARCH gigq_executions USING PRIMARY KEY (job=?)',
  endedAs: 'SEARCH gigq_executions USING PRIMARY KEY (job=?)',
  keepExecution: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  executions: 'SEARCH gigq_executions USING PRIMARY KEY (job=?)',
  renew: 'SEARCH gigq_workers USING INDEX sqlite_autoindex_gigq_workers_1 (instance=? AND epoch=?)',
  list: 'SEARCH job USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)',
  pruneCandidates: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid<?)',
  findJob: 'SEARCH gigq_jobs USING INDEX sqlite_autoindex_gigq_jobs_1 (id=?)',
  dependents: 'SEARCH edge USING INDEX gigq_edges_parent (parent=?)',
  release: 'SEARCH gigq_jobs USING INTEGER PRIMARY KEY (rowid=?)',
  inputs: 'SEARCH edge USING PRIMARY KEY (child=?)',
  inputsSize: 'SEARCH edge USING PRIMARY KEY (child=?) LEFT-JOIN',
  holdingParents: 'SEARCH edge USING PRIMARY KEY (child=?)',
  standingAgainst: 'SEARCH edge USING PRIMARY KEY (child=?)',
  workflowJobs: 'SEARCH gigq_jobs USING INDEX gigq_jobs_workflow (workflow=?)',
  listWorkflows: 'SEARCH gigq_workflows USING INTEGER PRIMARY KEY (rowid<?)',
  listWorkflowsIn: 'SEARCH gigq_workflows USING INDEX gigq_workflows_status (status=? AND rowid<?)',
  forgetWorkflows:
    'SEARCH gigq_workflows USING COVERING INDEX gigq_workflows_empty (completed_at<?)',
  ahead: 'SEARCH gigq_jobs USING COVERING INDEX gigq_jobs_ready (lane=? AND priority>?)',
};

/** What sorts no more than it found by an index or was given: each lane's first few, a list of ids, one job's parents. */
const sortsFew: ReadonlySet<Statement> = new Set([
  'claimInLanes',
  'lease',
  'outcomes',
  'get',
  'list',
  'runningJobs',
  'running',
  'loneSuspects',
  'holdingParents',
  'standingAgainst',
]);

/** The check of a foreign key that SQLite plans and does not run: no job can belong to a lane that is new. */
const plansMoreThanItDoes: ReadonlySet<Statement> = new Set(['addLane']);

interface Step {
  readonly id: number;
  readonly parent: number;
  readonly detail: string;
}

let database: DatabaseSync;

function planOf(statement: Statement): Step[] {
  const rows = database.prepare(`EXPLAIN QUERY PLAN ${sql[statement]}`).all();
  return rows as unknown as Step[];
}

function detailsOf(statement: Statement): string[] {
  return planOf(statement).map(({ detail }) => detail);
}

/** A table of a few rows is read whole by whoever knows that. */
const knownToBeSmall: ReadonlySet<Statement> = new Set(['readyLanes', 'readySuspects']);

/** Cut short by their limit, of an index that is in their order. */
const cutShort: ReadonlySet<Statement> = new Set(['claim']);

/** The doctor looks at everything there is, and a move carries it. */
const readsEverything = /^(?:accused|wrong|mend|moved|beginMove|endMove)/u;

for (const isAnalyzed of [false, true]) {
  describe(`the plan, ${isAnalyzed ? 'with' : 'without'} statistics, of`, () => {
    before(async () => {
      const path = join(temporaryFolder(), 'jobs.db');
      await makeDatabase(path, 2000);
      database = new DatabaseSync(path);
      if (isAnalyzed) database.exec('ANALYZE');
    });

    after(() => database.close());

    for (const [statement, step] of Object.entries(byIndex) as [Statement, string][]) {
      if (isAnalyzed && knownToBeSmall.has(statement)) continue;
      test(`${statement} goes by its index`, () => {
        const details = detailsOf(statement);
        assert.ok(details.includes(step), details.join('\n'));
      });
    }

    const bounded = (Object.keys(sql) as Statement[]).filter((name) => !readsEverything.test(name));
    for (const statement of bounded) {
      test(`${statement} reads no whole table of jobs or executions, and sorts no backlog`, () => {
        const details = detailsOf(statement);
        const scans = details.filter((detail) =>
          /SCAN (?:gigq_jobs|job\b|gigq_executions)/u.test(detail),
        );
        const sorts = details.filter((detail) => detail.includes('TEMP B-TREE'));
        if (!plansMoreThanItDoes.has(statement) && !cutShort.has(statement))
          assert.deepEqual(scans, []);
        if (!sortsFew.has(statement)) assert.deepEqual(sorts, []);
      });
    }

    test('claim reads the line in its order, and nothing else', () => {
      assert.deepEqual(detailsOf('claim'), [byIndex.claim]);
    });

    test('claimInLanes takes the first of each lane without sorting the lane', () => {
      const plan = planOf('claimInLanes');
      const inLane = plan.find(({ detail }) => detail === byIndex.claimInLanes);
      const beside = plan.filter(({ parent }) => parent === inLane?.parent);
      assert.deepEqual(
        beside.map(({ detail }) => detail),
        [byIndex.claimInLanes],
      );
    });
  });
}

test('every statement that changes something is run under the write lock, taken at once', () => {
  const texts = Object.values(sql);
  assert.ok(texts.every((text) => !/\b(?:BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b/u.test(text)));
});
