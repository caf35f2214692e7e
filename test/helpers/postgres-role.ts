// A role that is granted nothing, for as long as the test takes.
import { randomUUID } from 'node:crypto';
import { query } from './store-postgres.ts';
import type { Scope } from './store-seam.ts';

export async function newRole(
  scope: Scope,
  address: string,
): Promise<{ readonly role: string; readonly address: string }> {
  const role = `role_${randomUUID().replaceAll('-', '').slice(0, 12)}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  scope.after(async () => {
    await query(`DROP OWNED BY ${role} CASCADE`);
    await query(`DROP ROLE ${role}`);
  });
  const own = new URL(address);
  own.username = role;
  own.password = role;
  return { role, address: own.href };
}
