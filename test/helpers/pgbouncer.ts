// PgBouncer in front of the server of the tests, lending connections for a transaction each: a program that has to be
// installed by other means than npm.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownerOfServers } from './postgres-binaries.ts';
import { freePort, give, guarded, saidBy } from './postgres-cluster.ts';

/** Where it is; undefined where it is not installed. */
export function pgBouncer(): string | undefined {
  const folders = `${process.env['PATH']}:/usr/sbin:/usr/local/sbin`;
  try {
    const find = ['-c', 'command -v pgbouncer'];
    const env = { ...process.env, PATH: folders };
    return execFileSync('/bin/sh', find, { encoding: 'utf8', env }).trim();
  } catch {
    return undefined;
  }
}

/** Returns the address of the same database by way of the pooler, which goes with this process. */
export async function pooled(program: string, address: string): Promise<string> {
  const owner = ownerOfServers();
  const folder = mkdtempSync(join(tmpdir(), 'gigq-pgbouncer-'));
  const port = await freePort();
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(file, settings(new URL(address), port), { mode: 0o644 });
  give(owner, folder);
  const pooler = guarded([program, file], { folder, owner });
  await saidBy(pooler, /process up/u);
  const way = new URL(address);
  way.port = String(port);
  return way.href;
}

/** So few connections that many have to share them. */
function settings({ hostname, port, username, password }: URL, ownPort: number): string {
  return `
[databases]
* = host=${hostname} port=${port} user=${username} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${ownPort}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 200
`;
}
