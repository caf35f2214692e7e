// Workers that are taken for others, and jobs that others cancel.
import { describe } from 'node:test';
import { scenario, scenarioOnServer } from './in-tests.ts';
import { cancelDeaf, cancelEach } from './scenarios/cancels.ts';
import { reusedLabel, reusedPid, twoNamespaces } from './scenarios/identities.ts';

describe('a worker that is taken for another', { concurrency: true }, () => {
  scenario('is found dead although a later process has its number', reusedPid);
  scenario(
    'keeps its jobs although its number means nothing in the namespace of others',
    twoNamespaces,
  );
  scenario('shares a label with one that died: each has its own leases', reusedLabel);
});

describe('a job that another process cancels', { concurrency: true }, () => {
  scenario('has ended, whatever its state; a handler hears of it within 2 s', cancelEach);
  scenarioOnServer('has ended just as soon on PostgreSQL', cancelEach);
  scenario('stays cancelled, whatever its handler comes with later', cancelDeaf);
});
