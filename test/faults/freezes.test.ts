// Processes that are frozen, some with the write lock in hand, and a lock that is held for long.
import { describe } from 'node:test';
import { scenario } from './in-tests.ts';
import { freezePastLease, freezeWithinLease } from './scenarios/freezes.ts';
import { frozenLock, lockPastDeadline } from './scenarios/locks.ts';

describe('processes and locks that stand still', { concurrency: true }, () => {
  scenario(
    'SIGSTOP past the lease makes a zombie that changes nothing, and works again as another',
    freezePastLease,
  );
  scenario('SIGSTOP within the lease is not noticed, however often', freezeWithinLease);
  scenario(
    'SIGSTOP of who holds the write lock stops writes, and nothing else; all goes on within 2 s',
    frozenLock,
  );
  scenario(
    'a lock held for 30 s refuses a submit at its deadline, and costs no running job its lease',
    lockPastDeadline,
  );
});
