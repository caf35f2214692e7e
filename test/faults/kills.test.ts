// Processes that are killed at any moment, again and again.
import { describe } from 'node:test';
import { scenario } from './in-tests.ts';
import { killAll, killWorkers } from './scenarios/kills.ts';

describe('SIGKILL at any moment', () => {
  scenario(
    'of one worker after the other: nothing is lost, and its jobs run again within 6 s',
    killWorkers,
  );
  scenario('of all processes together, 8 times: no repair, and work goes on at once', killAll);
});
