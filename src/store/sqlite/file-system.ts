/**
 * Which file systems can hold a database. WAL keeps its index in shared memory, which two hosts do not share, and relies
 * on locks that network file systems give half-heartedly: https://sqlite.org/wal.html and /howtocorrupt.html.
 */
import { existsSync, statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import { GigqError } from '../../core/errors.ts';

/** What Linux calls them by: statfs(2), and include/uapi/linux/magic.h of the kernel. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff53_4d42, 'CIFS'],
  [0xfe53_4d42, 'SMB2'],
  [0x0102_1997, '9p'],
  // virtiofs tells the number of FUSE, on which it is built. So do local ones, such as ntfs-3g: from here none can be told apart.
  [0x6573_5546, 'FUSE or virtiofs'],
  [0x5346_414f, 'AFS'],
  [0x6b41_4653, 'AFS'],
  [0x00c3_6400, 'Ceph'],
  [0x7375_7245, 'Coda'],
  [0x0bd0_0bd0, 'Lustre'],
  [0x0116_1970, 'GFS2'],
  [0x7461_636f, 'OCFS2'],
  [0x4750_4653, 'GPFS'],
  [0x1983_0326, 'BeeGFS'],
  [0x564c, 'NCP'],
  [0x786f_4256, 'a shared folder of VirtualBox'],
  [0xbacb_acbc, 'a shared folder of VMware'],
]);

/** What is asked of the system; a test can make it up. */
export interface System {
  readonly platform: NodeJS.Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Throws for a path that is not there. */
  typeOf(path: string): number;
}

const thisSystem: System = {
  platform: process.platform,
  env: process.env,
  typeOf: (path) => statfsSync(path).type,
};

/** The name of the network file system that a path is on; undefined if it is on none, or that cannot be told. */
export function networkFileSystemOf(path: string, system: System = thisSystem): string | undefined {
  // Elsewhere the numbers mean something else.
  if (system.platform !== 'linux') return undefined;
  try {
    const type = system.typeOf(existsSync(path) ? path : dirname(path));
    // Of 32 bits, which some architectures sign.
    return networkFileSystems.get(type >>> 0);
  } catch {
    // There is not even a folder: whoever opens the database says so.
    return undefined;
  }
}

function mayUseNetworkFileSystems({ env }: System = thisSystem): boolean {
  return env['GIGQ_ALLOW_NETWORK_FS'] === '1';
}

/** Throws `database_invalid` for a path on a network file system, unless GIGQ_ALLOW_NETWORK_FS is 1. */
export function refuseNetworkFileSystem(path: string, system: System = thisSystem): void {
  if (mayUseNetworkFileSystems(system)) return;
  const name = networkFileSystemOf(path, system);
  if (name === undefined) return;
  throw new GigqError(
    'database_invalid',
    `${path} is on a network file system (${name}), where SQLite can lose what was committed`,
    { hint: networkHint },
  );
}

const networkHint =
  'Put the file on a local disk. For workers on several hosts, PostgreSQL is the database to use. If no other host ever opens this file, GIGQ_ALLOW_NETWORK_FS=1 allows it.';
