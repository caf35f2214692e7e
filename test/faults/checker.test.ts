// The checker is only as good as the histories that it refuses: each of these is bad in one way.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { check, type CheckOptions, slowestRecoveryMs } from './checker.ts';
import type { Event, History, Line } from './history.ts';
import type { ExecutionRow, JobRow, Records } from './records.ts';

const [client, worker, other] = [100, 200, 300];

/** A history that is told in order: a second between two lines, unless the line says when it was. */
function told(...lines: readonly (Partial<Line> & Event)[]): History {
  return lines.map((line, place) => ({ mono: place * 1000, wall: 0, pid: worker, ...line }));
}

function submitted(job: string): readonly (Partial<Line> & Event)[] {
  return (['submit', 'acked'] as const).map((op) => ({ op, job, pid: client }));
}

function ran(job: string, run: string, pid = worker): readonly (Partial<Line> & Event)[] {
  return [
    { op: 'began', job, run, pid, attempt: 1 },
    { op: 'ended', job, run, pid, outcome: 'ok' },
  ];
}

function row(id: string, properties: Partial<JobRow> = {}): JobRow {
  return {
    id,
    status: 'completed',
    attempts: 1,
    maxAttempts: 3,
    number: 1,
    parents: [],
    hasLease: true,
    hasWorker: true,
    waitingFor: 0,
    error: null,
    ...properties,
  };
}

function execution(job: string, properties: Partial<ExecutionRow> = {}): ExecutionRow {
  return { job, number: 1, attempt: 1, status: 'completed', ...properties };
}

function records(jobs: readonly JobRow[], executions: readonly ExecutionRow[]): Records {
  return { jobs, executions, damage: [], miscounts: [] };
}

interface Scene {
  readonly history: History;
  readonly records: Records;
  readonly options?: CheckOptions;
}

const completed: Scene = {
  history: told(...submitted('a'), ...ran('a', 'r1'), { op: 'told', job: 'a', what: 'completed' }),
  records: records([row('a')], [execution('a')]),
};

/** A parent and its child, whose worker is killed while it runs the child. */
const recovered: Scene = {
  history: told(
    ...submitted('a'),
    ...submitted('b'),
    ...ran('a', 'r1'),
    { op: 'began', job: 'b', run: 'r2', attempt: 1 },
    { op: 'killed', of: worker, pid: 1 },
    ...ran('b', 'r3', other),
  ),
  records: records(
    [row('a'), row('b', { parents: ['a'], number: 2 })],
    [execution('a'), execution('b', { status: 'lost' }), execution('b', { number: 2 })],
  ),
};

/** A process that is frozen past its lease, and finds its job with another. */
const zombie: Scene = {
  history: told(
    ...submitted('a'),
    { op: 'began', job: 'a', run: 'r1', attempt: 1 },
    { op: 'frozen', of: worker, pid: 1 },
    { op: 'began', job: 'a', run: 'r2', attempt: 1, pid: other, mono: 6000 },
    { op: 'thawed', of: worker, pid: 1, mono: 7000 },
    { op: 'ended', job: 'a', run: 'r1', outcome: 'ok', mono: 8000 },
    { op: 'ended', job: 'a', run: 'r2', pid: other, outcome: 'ok', mono: 9000 },
  ),
  records: records(
    [row('a', { number: 2 })],
    [execution('a', { status: 'lost' }), execution('a', { number: 2 })],
  ),
  options: { leaseMs: 2000 },
};

const lostTwice = [1, 2].map((number) => execution('a', { number, status: 'lost' }));

/** A job that was killed until it was taken for the cause. */
const crashLoop: Scene = {
  history: told(
    ...submitted('a'),
    ...[1, 2, 3].flatMap((pid): (Partial<Line> & Event)[] => [
      { op: 'began', job: 'a', run: `r${pid}`, attempt: 1, pid },
      { op: 'killed', of: pid, pid: 1 },
    ]),
  ),
  records: records(
    [row('a', { status: 'failed', attempts: 0, number: 3 })],
    [...lostTwice, execution('a', { number: 3, status: 'lost' })],
  ),
  options: { mayCrashLoop: true },
};

const good: Readonly<Record<string, Scene>> = {
  'a job that ran': completed,
  'a workflow that survived a kill': recovered,
  'a zombie': zombie,
  'a crash loop': crashLoop,
  'a submit in doubt that came through': {
    history: told({ op: 'submit', job: 'a', pid: client }, ...ran('a', 'r1')),
    records: completed.records,
  },
  'a submit in doubt that did not': {
    history: told({ op: 'submit', job: 'a', pid: client }),
    records: records([], []),
  },
  'a job that still runs': {
    history: told(...submitted('a'), { op: 'began', job: 'a', run: 'r1' }),
    records: records([row('a', { status: 'running' })], []),
    options: { allEnded: false },
  },
};

function withRows({ history, options }: Scene, ...given: Parameters<typeof records>): Scene {
  return { history, records: records(...given), ...(options && { options }) };
}

function withLines({ records: rows, options }: Scene, history: History): Scene {
  return { history, records: rows, ...(options && { options }) };
}

function damaged(damage: Partial<Records>): Scene {
  return { ...completed, records: { ...completed.records, ...damage } };
}

const both = [execution('a'), execution('b', { status: 'lost' }), execution('b', { number: 2 })];

const bad: Readonly<Record<string, readonly [Scene, RegExp]>> = {
  'an acknowledged job that is gone': [withRows(completed, [], []), /^I1: a was acknowledged/u],
  'a refused job that is there': [
    withLines(
      completed,
      told(
        { op: 'submit', job: 'a', pid: client },
        { op: 'refused', job: 'a', pid: client, outcome: 'fail' },
        ...ran('a', 'r1'),
      ),
    ),
    /^I1: a was refused/u,
  ],
  'a job that nobody submitted': [
    withLines(completed, told(...ran('a', 'r1'))),
    /^I1: nobody submitted a/u,
  ],
  'two completions of one job': [
    {
      history: told(...submitted('a'), ...ran('a', 'r1'), ...ran('a', 'r2')),
      records: records(
        [row('a', { number: 2, attempts: 2 })],
        [execution('a'), execution('a', { number: 2, attempt: 2 })],
      ),
    },
    /^I2: a is completed and was completed 2 times/u,
  ],
  'a completed job whose completion is not recorded': [
    withRows(completed, [row('a')], [execution('a', { status: 'timeout' })]),
    /^I2: a is completed and was completed 0 times/u,
  ],
  'a run after the completion': [
    {
      history: told(...submitted('a'), ...ran('a', 'r1')),
      records: records(
        [row('a', { number: 2 })],
        [execution('a'), execution('a', { number: 2, attempt: 2, status: 'lost' })],
      ),
    },
    /^I2: a ran again after it was completed/u,
  ],
  'a completion whose handler never ended': [
    withLines(completed, told(...submitted('a'), { op: 'began', job: 'a', run: 'r1' })),
    /^I2: a was recorded completed 1 times, its handler did so 0 times/u,
  ],
  'an ending that was told and is another now': [
    withRows(
      completed,
      [row('a', { status: 'cancelled' })],
      [execution('a', { status: 'cancelled' })],
    ),
    /^I6: a was told to be completed and is cancelled/u,
  ],
  'a run after the ending was told': [
    withLines(
      recovered,
      told(
        ...submitted('a'),
        ...submitted('b'),
        ...ran('a', 'r1'),
        ...ran('b', 'r2'),
        { op: 'told', job: 'b', what: 'completed' },
        ...ran('b', 'r3', other),
      ),
    ),
    /^I6: b ran after it was told to be completed/u,
  ],
  'an attempt that a lost run used up': [
    withRows(recovered, [row('a'), row('b', { parents: ['a'], number: 2, attempts: 2 })], both),
    /^I3: b has 2 attempts, 1 of its runs are charged/u,
  ],
  'more attempts than there may be': [
    withRows(completed, [row('a', { maxAttempts: 0 })], [execution('a')]),
    /^I3: a has more attempts than it may/u,
  ],
  'a gap in the numbers of the runs': [
    withRows(
      recovered,
      [row('a'), row('b', { parents: ['a'], number: 3 })],
      [execution('a'), execution('b', { status: 'lost' }), execution('b', { number: 3 })],
    ),
    /^I3: the runs of b are numbered 1 3 of 3/u,
  ],
  'a run that no execution tells of': [
    withRows(recovered, [row('a'), row('b', { parents: ['a'] })], [execution('a'), execution('b')]),
    /^I3: b ran 2 times, 1 of them are known/u,
  ],
  'an execution that counts its attempt wrong': [
    withRows(completed, [row('a')], [execution('a', { attempt: 2 })]),
    /^I3: run 1 of a was attempt 2/u,
  ],
  'a failure that no handler caused': [
    withRows(completed, [row('a', { status: 'failed' })], [execution('a', { status: 'failed' })]),
    /^I3: a failed and its handler did not/u,
  ],
  'a crash loop where none may be': [
    { history: crashLoop.history, records: crashLoop.records },
    /^I3: a failed and its handler did not/u,
  ],
  'a crash loop of a job that was lost once': [
    withRows(
      crashLoop,
      [row('a', { status: 'failed', attempts: 0 })],
      [execution('a', { status: 'lost' })],
    ),
    /^I3: a failed and its handler did not/u,
  ],
  'a crash loop where nobody was killed so often': [
    withLines(
      crashLoop,
      crashLoop.history.filter(({ op }) => op !== 'killed'),
    ),
    /^I3: a failed and its handler did not/u,
  ],
  'two runs of a job at a time': [
    withLines(
      zombie,
      zombie.history.filter(({ op }) => op !== 'frozen'),
    ),
    /^I4: a ran in 300 while it still ran in 200/u,
  ],
  'a job that was taken from a process frozen for less than the lease': [
    { ...zombie, options: { leaseMs: 10_000 } },
    /^I4: a ran in 300 while it still ran in 200/u,
  ],
  'a job that was taken from a process that had been thawed in time': [
    withLines(
      zombie,
      zombie.history.map((line) => (line.op === 'thawed' ? { ...line, mono: 4000 } : line)),
    ),
    /^I4: a ran in 300 while it still ran in 200/u,
  ],
  'a child that began before its parent had ended': [
    withLines(
      recovered,
      told(
        ...submitted('a'),
        ...submitted('b'),
        { op: 'began', job: 'b', run: 'r2', attempt: 1 },
        ...ran('a', 'r1'),
        { op: 'killed', of: worker, pid: 1 },
        ...ran('b', 'r3', other),
      ),
    ),
    /^I7: b began before its parent a had ended/u,
  ],
  'a child in limbo': [
    withRows(
      withLines(recovered, told(...submitted('a'), ...submitted('b'), ...ran('a', 'r1'))),
      [row('a'), row('b', { parents: ['a'], status: 'blocked', attempts: 0, number: 0 })],
      [execution('a')],
    ),
    /^I7: b waits for 0 parents, 0 have not ended/u,
  ],
  'a child that ended well though its parent did not': [
    withRows(
      recovered,
      [
        row('a', { status: 'cancelled', attempts: 0, number: 0 }),
        row('b', { parents: ['a'], number: 2 }),
      ],
      both.slice(1),
    ),
    /^I7: b is completed, its parents are cancelled/u,
  ],
  'a job that never ended': [
    withRows(
      withLines(completed, told(...submitted('a'))),
      [row('a', { status: 'pending', attempts: 0, number: 0 })],
      [],
    ),
    /^I8: a is still pending/u,
  ],
  'a damaged database': [damaged({ damage: ['row 1 missing from index'] }), /^I10: row 1 missing/u],
  'a counter that is wrong': [
    damaged({ miscounts: ['the counters of lane 1 are wrong'] }),
    /^I10: the counters of lane 1/u,
  ],
  'a running job without a lease': [
    withRows(
      good['a job that still runs']!,
      [row('a', { status: 'running', hasLease: false })],
      [],
    ),
    /^I10: a runs without a lease/u,
  ],
  'a lease without a worker': [
    withRows(
      good['a job that still runs']!,
      [row('a', { status: 'running', hasWorker: false })],
      [],
    ),
    /^I10: the worker of a has no row/u,
  ],
};

describe('the checker', () => {
  for (const [what, { history, records: rows, options }] of Object.entries(good)) {
    it(`has nothing against ${what}`, () => assert.deepEqual(check(history, rows, options), []));
  }

  for (const [what, [{ history, records: rows, options }, violation]] of Object.entries(bad)) {
    it(`catches ${what}`, () => {
      const violations = check(history, rows, options);
      assert.ok(
        violations.some((each) => violation.test(each)),
        violations.join('\n'),
      );
    });
  }

  it('tells how long a job waited whose process was killed', () => {
    assert.equal(slowestRecoveryMs(recovered.history), 1000);
    assert.equal(slowestRecoveryMs(completed.history), 0);
  });
});
