// What was seen of a soak every second, and what its first and last minutes tell.

export interface Sample {
  readonly atMs: number;
  readonly done: number;
  readonly rssMiB: number;
  readonly walMiB: number;
  readonly fileMiB: number;
}

export interface FirstAndLast {
  /** Jobs a second. */
  readonly first: number;
  readonly last: number;
  /** Of the first and of the last part: a minute, or a third of a run that is shorter than three. */
  readonly seconds: number;
}

export function firstAndLast(samples: readonly Sample[]): FirstAndLast {
  const [start, end] = [samples[0], samples.at(-1)];
  if (start === undefined || end === undefined) throw new RangeError('There is no sample');
  const part = Math.min(60_000, (end.atMs - start.atMs) / 3);
  const early = nearest(samples, start.atMs + part);
  const late = nearest(samples, end.atMs - part);
  return { first: rate(start, early), last: rate(late, end), seconds: part / 1000 };
}

function nearest(samples: readonly Sample[], atMs: number): Sample {
  const distance = (sample: Sample): number => Math.abs(sample.atMs - atMs);
  return samples.reduce((best, sample) => (distance(sample) < distance(best) ? sample : best));
}

function rate(from: Sample, to: Sample): number {
  return ((to.done - from.done) / (to.atMs - from.atMs)) * 1000;
}
