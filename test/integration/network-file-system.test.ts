// A database on a network file system is refused, unless its owner says that it is all right.
import assert from 'node:assert/strict';
import fs, { existsSync, mkdirSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { JobQueue } from 'gigq';
import { migrate } from 'gigq/admin';
import {
  networkFileSystemOf,
  refuseNetworkFileSystem,
  type System,
} from '../../dist/store/sqlite/file-system.js';
import { rejection } from '../helpers/rejection.ts';
import { temporaryFolder } from '../helpers/store-sqlite.ts';

const magic = {
  nfs: 0x6969,
  cifs: 0xff53_4d42,
  fuse: 0x6573_5546,
  ext4: 0xef53,
  tmpfs: 0x102_1994,
};

function system(type: number, changes: Partial<System> = {}): System {
  return { platform: 'linux', env: {}, typeOf: () => type, ...changes };
}

describe('the type of a file system', () => {
  const refused = {
    NFS: magic.nfs,
    SMB: 0x517b,
    SMB2: 0xfe53_4d42,
    CIFS: magic.cifs,
    '9p': 0x102_1997,
    FUSE: magic.fuse,
    AFS: 0x5346_414f,
    Ceph: 0xc3_6400,
    Lustre: 0xbd0_0bd0,
    GFS2: 0x116_1970,
  };
  for (const [name, type] of Object.entries(refused)) {
    it(`of ${name} is refused by its name, and PostgreSQL is named`, async () => {
      const refusal = await rejection(() => refuseNetworkFileSystem('/srv/jobs.db', system(type)));
      assert.equal(refusal.code, 'database_invalid');
      assert.match(refusal.message, new RegExp(`^/srv/jobs\\.db is on .*\\(${name}`, 'u'));
      assert.match(refusal.hint, /PostgreSQL.*GIGQ_ALLOW_NETWORK_FS=1/u);
    });
  }

  const allowed = { ext4: magic.ext4, tmpfs: magic.tmpfs, xfs: 0x5846_5342, btrfs: 0x9123_683e };
  for (const [name, type] of Object.entries({ ...allowed, overlayfs: 0x794c_7630 })) {
    it(`of ${name} is as good as any`, () => {
      refuseNetworkFileSystem('/srv/jobs.db', system(type));
    });
  }

  it('is known as well where numbers of 32 bits are signed', () => {
    assert.equal(networkFileSystemOf('/srv/jobs.db', system(magic.cifs - 2 ** 32)), 'CIFS');
  });

  it('means something else on other systems', () => {
    refuseNetworkFileSystem('/srv/jobs.db', system(magic.nfs, { platform: 'darwin' }));
  });

  it('is that of the folder as long as there is no file', () => {
    const path = join(temporaryFolder(), 'jobs.db');
    const asked: string[] = [];
    const typeOf = (place: string): number => asked.push(place);
    networkFileSystemOf(path, system(0, { typeOf }));
    assert.deepEqual(asked, [dirname(path)]);
  });

  it('is no reason to refuse what cannot be asked', () => {
    const typeOf = (): never => {
      throw new Error('gone');
    };
    refuseNetworkFileSystem('/nowhere/jobs.db', system(0, { typeOf }));
  });

  it('does not matter where GIGQ_ALLOW_NETWORK_FS is 1, and only then', async () => {
    const allow = (value: string): Partial<System> => ({ env: { GIGQ_ALLOW_NETWORK_FS: value } });
    refuseNetworkFileSystem('/srv/jobs.db', system(magic.nfs, allow('1')));
    for (const value of ['0', '', 'no'])
      await rejection(() => refuseNetworkFileSystem('/', system(magic.nfs, allow(value))));
  });
});

/** As if every folder were on a file system of this type. */
function pretend(t: TestContext, type: number): void {
  const actual = fs.statfsSync;
  t.after(() => {
    fs.statfsSync = actual;
    syncBuiltinESMExports();
  });
  fs.statfsSync = (() => ({ type })) as unknown as typeof fs.statfsSync;
  syncBuiltinESMExports();
}

describe('a path on a network file system', () => {
  it('gets no database', async (t) => {
    pretend(t, magic.nfs);
    const folder = join(temporaryFolder(), 'share');
    mkdirSync(folder);
    const database = join(folder, 'jobs.db');
    const queue = new JobQueue(database, { inPlace: true });
    t.after(() => queue.close());
    for (const call of [() => queue.stats(), () => migrate(database)])
      await assert.rejects(call, { code: 'database_invalid', message: /\(NFS\)/u });
    assert.equal(existsSync(database), false);
  });

  it('gets one where the environment allows it', async (t) => {
    pretend(t, magic.nfs);
    process.env['GIGQ_ALLOW_NETWORK_FS'] = '1';
    t.after(() => delete process.env['GIGQ_ALLOW_NETWORK_FS']);
    await using queue = new JobQueue(join(temporaryFolder(), 'jobs.db'), { inPlace: true });
    assert.equal((await queue.stats()).total, 0);
  });
});
