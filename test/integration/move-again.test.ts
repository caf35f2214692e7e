// A move that is interrupted, by whatever and whenever: it can be run again, or taken back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { JobQueue } from 'gigq';
import { migrate, move } from 'gigq/admin';
import { everythingIn, fileOf, greet } from '../helpers/move-scene.ts';
import { Proxy } from '../helpers/postgres-proxy.ts';
import { Script } from '../helpers/script.ts';
import { freshSchema, query } from '../helpers/store-postgres.ts';

describe('a move that is killed', () => {
  for (const phase of ['marked', 'copying 1', 'copying all', 'compared', 'committed'])
    it(`at '${phase}' can be run again: nothing is lost, and nothing is there twice`, async (t) => {
      const path = await fileOf(1100);
      const { address } = await freshSchema();
      const script = Script.start(t, 'test/fixtures/move.ts', { args: [path, address, phase] });
      assert.equal((await script.end()).signal, 'SIGKILL');
      await using queue = new JobQueue(path);
      await assert.rejects(greet.submit(queue, 1), {
        code: 'database_moved',
        message: /is being moved to postgres:/u,
      });
      if (phase !== 'committed')
        await assert.rejects(everythingIn(address), { code: 'database_missing' });
      assert.equal((await move(path, address)).outcome, 'moved');
      await using there = new JobQueue(address);
      assert.deepEqual(await there.stats(), await queue.stats());
      assert.deepEqual(await there.listJobs(), await queue.listJobs());
      assert.equal((await move(path, address)).outcome, 'already');
      assert.equal((await move(path, address, { dryRun: true })).outcome, 'already');
    });

  it('can be taken back as long as nothing is there, and then made again', async (t) => {
    const path = await fileOf(2);
    const { address } = await freshSchema();
    await Script.start(t, 'test/fixtures/move.ts', { args: [path, address, 'compared'] }).end();
    await using queue = new JobQueue(path);
    await assert.rejects(greet.submit(queue, 1), { code: 'database_moved' });
    assert.equal((await move(path, address, { undo: true })).outcome, 'undone');
    await greet.submit(queue, 1);
    assert.equal((await move(path, address)).tables.jobs.rows, 3);
    await assert.rejects(move(path, address, { undo: true }), { code: 'database_moved' });
  });

  it('cannot be taken back once all of it is there', async (t) => {
    const path = await fileOf(2);
    const { address } = await freshSchema();
    await Script.start(t, 'test/fixtures/move.ts', { args: [path, address, 'committed'] }).end();
    const undone = move(path, address, { undo: true });
    await assert.rejects(undone, { code: 'database_moved', message: /the jobs are there/u });
    await assert.rejects(move(path, `${address}2`), { code: 'database_moved', message: /not to/u });
  });
});

describe('a server that fails while jobs move', () => {
  it('loses nothing: the error says that the file is marked, and the next run moves all', async (t) => {
    const path = await fileOf(1100);
    const { address } = await freshSchema();
    const way = await Proxy.before(address);
    t.after(() => way.proxy.close());
    const failing = move(path, way.address, {
      onProgress: ({ phase, rows }) => {
        if (phase === 'copying' && rows === 1000) for (const each of way.proxy.ways) each.cut();
      },
    });
    await assert.rejects(failing, { code: 'database_unreachable', hint: /stays marked/u });
    assert.equal((await move(path, way.address)).outcome, 'moved');
    await using queue = new JobQueue(address);
    assert.equal((await queue.stats()).pending, 1100);
  });

  it('loses nothing if nobody hears of its commit', async (t) => {
    const path = await fileOf(3);
    const { address } = await freshSchema();
    const way = await Proxy.before(address);
    t.after(() => way.proxy.close());
    const failing = move(path, way.address, {
      onProgress: ({ phase }) => {
        if (phase === 'compared') way.proxy.commitsToCut = 1;
      },
    });
    await assert.rejects(failing, { code: 'database_unreachable', hint: /stays marked/u });
    await using queue = new JobQueue(address);
    assert.equal((await queue.stats()).pending, 3);
    await assert.rejects(move(path, way.address, { undo: true }), { code: 'database_moved' });
    assert.equal((await move(path, way.address)).outcome, 'moved');
    assert.equal((await queue.stats()).pending, 3);
  });

  it('and one that writes something else is found out', async () => {
    const path = await fileOf(3);
    const { address, schema } = await freshSchema();
    await migrate(address);
    await query(`
      CREATE FUNCTION ${schema}.spoil() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN NEW.params := NEW.params || ' '; RETURN NEW; END $$;
      CREATE TRIGGER spoil BEFORE INSERT ON ${schema}.jobs FOR EACH ROW EXECUTE FUNCTION ${schema}.spoil()`);
    await assert.rejects(move(path, address), { code: 'move_failed', message: /The jobs/u });
    await query(`DROP FUNCTION ${schema}.spoil CASCADE`);
    assert.equal((await move(path, address)).outcome, 'moved');
  });
});
