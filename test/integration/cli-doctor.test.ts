// `gigq doctor` tells what is wrong with the database, in words or as JSON, and says by its exit code whether a problem is left.
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, type TestContext } from 'node:test';
import type { Finding } from 'gigq/admin';
import { createProject, type Project } from '../fixtures/cli/project.ts';
import { contentsOf } from '../helpers/store-files.ts';

/** A project with a new database, which nobody has open. */
async function projectWithDatabase(t: TestContext): Promise<Project> {
  const project = createProject(t);
  const { code } = await project.run(['migrate']);
  assert.equal(code, 0);
  return project;
}

function write(project: Project, sql: string): void {
  const database = new DatabaseSync(project.path('gigq.db'));
  database.exec(sql);
  database.close();
}

const miscount = `
  INSERT INTO gigq_lanes (queue, task, failed) VALUES ('default', 'greet', 3)`;

describe('gigq doctor', () => {
  it('says that a sound database is well, and what it looked at', async (t) => {
    const project = await projectWithDatabase(t);
    const before = contentsOf(project.folder);
    const { code, stdout, stderr } = await project.run(['doctor']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.equal(
      stdout,
      'Looked at: file system, file, SQLite version, write lock, integrity, schema, jobs, workers.\ngigq.db is well.\n',
    );
    assert.deepEqual(contentsOf(project.folder), before);
  });

  it('prints what is wrong, its code and what to do, and ends with 1', async (t) => {
    const project = await projectWithDatabase(t);
    write(project, miscount);
    const { code, stdout } = await project.run(['doctor']);
    assert.equal(code, 1);
    assert.match(
      stdout,
      /^problem {2}The jobs of a queue and task are counted wrongly: default\/greet \[counts_wrong\]\n {2}Ready jobs may not be found.*--fix.*\ngigq\.db has a problem\.\n$/mu,
    );
  });

  it('with --fix repairs it, says so, and ends with 0', async (t) => {
    const project = await projectWithDatabase(t);
    write(project, miscount);
    const fixed = await project.run(['doctor', '--fix']);
    assert.equal(fixed.code, 0);
    assert.match(fixed.stdout, /^fixed {2}The jobs .* \[counts_wrong\]\ngigq\.db is well\.$/mu);
    const again = await project.run(['doctor']);
    assert.equal(again.code, 0);
    assert.doesNotMatch(again.stdout, /counts_wrong/u);
  });

  it('ends with 0 where there is nothing but advice', async (t) => {
    const project = await projectWithDatabase(t);
    chmodSync(project.path('gigq.db'), 0o644);
    const { code, stdout } = await project.run(['doctor']);
    assert.equal(code, 0);
    assert.match(stdout, /^advice {2}Every user .* \[readable_by_others\]$/mu);
  });

  it('with --json prints one finding a line, and nothing else', async (t) => {
    const project = await projectWithDatabase(t);
    write(project, miscount);
    chmodSync(project.path('gigq.db'), 0o644);
    const { code, stdout } = await project.run(['doctor', '--json']);
    assert.equal(code, 1);
    const findings = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Finding);
    assert.deepEqual(
      findings.map(({ code: found, severity, fixable, fixed }) => [
        found,
        severity,
        fixable,
        fixed,
      ]),
      [
        ['readable_by_others', 'advice', true, false],
        ['counts_wrong', 'problem', true, false],
      ],
    );
    assert.deepEqual(Object.keys(findings[0] ?? {}).toSorted(), [
      'code',
      'fixable',
      'fixed',
      'hint',
      'message',
      'severity',
    ]);
  });

  it('with --json prints nothing of a sound database', async (t) => {
    const project = await projectWithDatabase(t);
    const { code, stdout } = await project.run(['doctor', '--json']);
    assert.deepEqual([code, stdout], [0, '']);
  });

  it('colours its words on a terminal alone', async (t) => {
    const project = await projectWithDatabase(t);
    write(project, miscount);
    const plain = await project.run(['doctor']);
    const colored = await project.run(['doctor'], { columns: 80 });
    const escape = '\u001B[';
    assert.ok(!plain.stdout.includes(escape));
    assert.ok(colored.stdout.includes(`${escape}31mproblem${escape}39m`), colored.stdout);
  });

  const broken: Readonly<Record<string, readonly [(path: string) => void, RegExp]>> = {
    'a missing database': [
      () => undefined,
      /There is no database at .*gigq\.db \[database_missing\]/u,
    ],
    'a directory': [(path) => mkdirSync(path), /is a directory \[database_invalid\]/u],
    'an empty file': [
      (path) => writeFileSync(path, ''),
      /is no gigq database \[database_invalid\]/u,
    ],
    'a text': [(path) => writeFileSync(path, 'no database'), /\[database_invalid\]/u],
  };
  for (const [what, [make, message]] of Object.entries(broken)) {
    it(`tells of ${what}, fixes nothing of it, and ends with 1`, async (t) => {
      const project = createProject(t);
      make(project.path('gigq.db'));
      const before = project.has('gigq.db');
      for (const options of [[], ['--fix']]) {
        const { code, stdout } = await project.run(['doctor', ...options]);
        assert.equal(code, 1);
        assert.match(stdout, message);
      }
      assert.equal(project.has('gigq.db'), before);
    });
  }

  it('takes another database by --db', async (t) => {
    const project = await projectWithDatabase(t);
    const { code, stdout } = await project.run(['--db', 'other.db', 'doctor']);
    assert.equal(code, 1);
    assert.match(stdout, /other\.db has a problem\.$/mu);
  });

  it('shows names of tasks without what could steer the terminal', async (t) => {
    const project = await projectWithDatabase(t);
    write(project, miscount.replace("'greet'", "'a' || char(27) || '[2J'"));
    const { stdout } = await project.run(['doctor']);
    assert.ok(stdout.includes(String.raw`default/a\u001b[2J`), stdout);
  });
});
