/** Examines a database, and repairs it: by what the store can count again, and by what a worker would do. */
import { isGigqError } from '../core/errors.ts';
import type { NewWorker } from '../core/worker.ts';
import { type Diagnosis, type Finding, type FindingCode, problem } from '../store/doctor.ts';
import { examineDatabase, repairDatabase } from '../store/open.ts';
import { goneBy } from '../worker/evidence.ts';
import { withSweeper } from './sweeper.ts';

const isGone = (worker: NewWorker): boolean => goneBy(worker) !== null;

export async function examineAndFix(database: string, fix: boolean): Promise<Diagnosis> {
  const diagnosis = await examineDatabase(database, { isGone, thorough: true });
  if (!fix || !diagnosis.findings.some(({ fixable }) => fixable)) return diagnosis;
  const failure = await failureOf(() => repair(database, diagnosis.findings));
  const after = await examineDatabase(database, { isGone, thorough: false });
  const findings = compare(diagnosis.findings, after.findings);
  const isNews = failure !== null && !findings.some(({ code }) => code === failure.code);
  return { ...diagnosis, findings: isNews ? [...findings, failure] : findings };
}

async function repair(database: string, findings: readonly Finding[]): Promise<void> {
  if (findings.some(({ code }) => code === 'worker_dead'))
    await withSweeper(database, { watches: false }, (sweeper) => sweeper.sweep());
  await repairDatabase(database);
}

/** What keeps the database from being repaired, such as a lock, is a finding as well. */
async function failureOf(work: () => Promise<void>): Promise<Finding | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!isGigqError(error)) throw error;
    const { code, message, hint } = error;
    return problem(code as FindingCode, `It could not be repaired: ${message}`, { hint });
  }
}

/** What a second look does not find any more was repaired; what it finds is still so. */
function compare(before: readonly Finding[], after: readonly Finding[]): Finding[] {
  const isLeft = ({ code, message }: Finding): boolean =>
    after.some((finding) => finding.code === code && finding.message === message);
  const repaired = before.filter((finding) => finding.fixable && !isLeft(finding));
  return [...repaired.map((finding) => ({ ...finding, fixed: true })), ...after];
}
