// Sidequest imports a job by the path of its module; runner "inline" and `fork: false` do so in the process of the bench.
import type { Handler, Params } from '../peer.ts';
import { load } from './load.ts';

interface Sidequest {
  readonly Job: new () => object;
}

const { Job } = (await load('sidequest')) as Sidequest;

export const work: { handler?: Handler } = {};

export class BenchJob extends Job {
  run(params: Params): unknown {
    return work.handler?.(params);
  }
}
