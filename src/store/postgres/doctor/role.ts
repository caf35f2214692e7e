/** What our role may do in the schema, and what it would have to be granted. */
import { type Finding, problem } from '../../doctor.ts';
import { Unusable } from '../../examination.ts';
import { type Grant, statementOf, together, wordsOf } from '../grants.ts';
import type { Snapshot } from './snapshot.ts';

export async function mayCreate(snapshot: Snapshot): Promise<boolean> {
  const { schema } = snapshot.address;
  return (await snapshot.get('mayCreate', { schema }))?.['mayCreate'] === true;
}

/** Without these nothing can be looked at. */
const toLook: ReadonlySet<string> = new Set(['USAGE', 'SELECT', 'EXECUTE']);

/** Throws Unusable if what there is cannot even be read. */
export async function findAboutGrants(
  snapshot: Snapshot,
  { role, tables }: { readonly role: string; readonly tables: readonly string[] },
): Promise<Finding[]> {
  const { schema } = snapshot.address;
  const rows = await snapshot.all('missingGrants', { schema, tables });
  const grants = rows as unknown as readonly Grant[];
  if (grants.length === 0) return [];
  const missing = together(grants);
  const statements = missing.map((alike) => statementOf(alike, { schema, role }));
  const message = `Role ${role} lacks, in schema ${schema}: ${missing.map(wordsOf).join('; ')}`;
  const finding = problem('grants_missing', message, {
    hint: `Let the owner of the schema run: ${statements.join('; ')}`,
  });
  if (grants.some(({ privilege }) => toLook.has(privilege))) throw new Unusable(finding);
  return [finding];
}
