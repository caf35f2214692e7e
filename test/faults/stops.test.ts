// Workers that are replaced one after the other. That they obey signals is tested in test/crash/signals.test.ts; the scenarios
// of the same name here are for `npm run faults`.
import { describe } from 'node:test';
import { scenario } from './in-tests.ts';
import { rollingRestart } from './scenarios/stops.ts';

describe('a rolling restart', () => {
  scenario('under load fails no job and uses up no attempt', rollingRestart);
});
