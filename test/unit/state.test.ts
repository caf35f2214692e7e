import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allows,
  type Command,
  finalStatuses,
  isFinal,
  type JobStatus,
  sourcesOf,
  statuses,
  transitions,
} from '../../dist/core/state.js';

const commands = Object.keys(transitions) as Command[];

/** Every state to which any commands lead from one. */
function reachableFrom(start: JobStatus): readonly JobStatus[] {
  const found = [start];
  for (const state of found) {
    const next = commands.flatMap((command) => transitions[command][state] ?? []);
    for (const target of next)
      if (target !== 'removed' && !found.includes(target)) found.push(target);
  }
  return found;
}

describe('the table of transitions', () => {
  test('names states only', () => {
    for (const command of commands) {
      for (const [from, targets] of Object.entries(transitions[command])) {
        const named = [from, ...targets].filter((state) => state !== 'removed');
        assert.ok(
          named.every((state) => (statuses as readonly string[]).includes(state)),
          command,
        );
      }
    }
  });

  test('leads from every living state to every final one', () => {
    for (const state of ['scheduled', 'pending', 'running'] as const) {
      const found = reachableFrom(state);
      assert.ok(
        finalStatuses.every((final) => found.includes(final)),
        state,
      );
    }
  });

  test('leads out of a final state only by requeue and prune', () => {
    for (const command of commands) {
      const fromFinal = sourcesOf(command).filter(isFinal);
      if (command !== 'requeue' && command !== 'prune') assert.deepEqual(fromFinal, [], command);
    }
  });

  test('never requeues what completed and never removes what failed', () => {
    assert.deepEqual(sourcesOf('requeue'), ['failed', 'timeout', 'cancelled']);
    assert.deepEqual(sourcesOf('prune'), ['completed', 'cancelled']);
  });

  test('lets every state that is not final be cancelled', () => {
    const living = statuses.filter((status) => !isFinal(status));
    assert.deepEqual(sourcesOf('cancel'), living);
  });
});

describe('allows', () => {
  test('says whether a command leads from a state, and where to', () => {
    assert.equal(allows('claim', 'pending'), true);
    assert.equal(allows('claim', 'pending', 'running'), true);
    assert.equal(allows('claim', 'pending', 'completed'), false);
    assert.equal(allows('claim', 'scheduled'), false);
    assert.equal(allows('prune', 'completed', 'removed'), true);
  });
});

test('a final state is completed, failed, timeout or cancelled', () => {
  assert.deepEqual(statuses.filter(isFinal), ['completed', 'failed', 'timeout', 'cancelled']);
});
