// Workers that are asked to stop: at work, twice, without a database, one after the other.
import { describe } from 'node:test';
import { scenario } from './in-tests.ts';
import { rollingRestart, stopAtWork, stopTwice, stopWithoutDatabase } from './scenarios/stops.ts';

describe('SIGTERM', { concurrency: true }, () => {
  scenario('lets short jobs end and gives the long ones back, which others complete', stopAtWork);
  scenario('and another signal end a worker within 1 s though the database is locked', stopTwice);
  scenario(
    'without a database ends a worker with 1, and others recover its jobs',
    stopWithoutDatabase,
  );
});

describe('a rolling restart', () => {
  scenario('under load fails no job and uses up no attempt', rollingRestart);
});
