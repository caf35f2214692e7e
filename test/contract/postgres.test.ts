import { describe } from 'node:test';
import { openPostgres } from '../helpers/store-postgres.ts';
import type { Scope } from '../helpers/store-seam.ts';
import type { OpenStore } from './contract.ts';
import { runContract } from './suites.ts';

async function open(scope: Scope): Promise<OpenStore> {
  const { seam, reopen } = await openPostgres(scope);
  return { seam, writes: () => seam.writes(), reopen };
}

describe('PostgreSQL', () => {
  runContract({ open, exceptions: {}, modelRuns: 15 });
});
