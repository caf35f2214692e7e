// What the functions for operators refuse before they look at a database.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { doctor, migrate } from 'gigq/admin';
import { untyped } from '../helpers/any.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

type Call = (...given: readonly never[]) => Promise<unknown>;

const calls: Readonly<Record<string, readonly [call: Call, option: string]>> = {
  migrate: [migrate, 'dryRun'],
  doctor: [doctor, 'fix'],
};
const refused = (message: RegExp) => ({ code: 'invalid_option', message });

for (const [name, [call, option]] of Object.entries(calls))
  describe(name, () => {
    it('refuses options that there are not, and those of another kind, and touches nothing', async () => {
      const path = join(temporaryFolder(), 'jobs.db');
      const given = (options: unknown): Promise<unknown> => call(untyped(path), untyped(options));
      await assert.rejects(given({ dryrun: true }), refused(/unknown option 'dryrun'/u));
      await assert.rejects(given(null), refused(/expected an object of options, got null/u));
      await assert.rejects(given({ [option]: 'yes' }), refused(/expected true or false/u));
      assert.equal(existsSync(path), false);
    });

    it('refuses what is no place of a database', async () => {
      for (const place of [5, '', null, undefined, ':memory:'])
        await assert.rejects(
          call(untyped(place)),
          refused(/expected the path of a file or an address/u),
        );
    });
  });
