import { describe, expect, test } from 'vitest';
import { Failure } from '../src/failure.ts';
import { type Ended, stepFailure } from '../src/step-failure.ts';

describe('stepFailure', () => {
  const call = { method: 'POST', url: new URL('https://hub.invalid/'), status: 409 };
  const exists = new Failure('agent-exists', 'It is there.', { call });
  const unknown = new Failure('outcome-unknown', 'Who knows.');
  const made = (name: string): Ended => ({ name, failure: undefined });
  const failed = (name: string, failure: Failure): Ended => ({ name, failure });
  const running = { cancelled: false };

  test('is nothing when all were made, cancelled or not', () => {
    const fates = [made('a'), made('b')];
    expect(stepFailure(fates, running)).toBeUndefined();
    expect(stepFailure(fates, { cancelled: true })).toBeUndefined();
    expect(stepFailure([], running)).toBeUndefined();
  });

  test("is the only agent's", () => {
    expect(stepFailure([failed('a', exists)], running)).toBe(exists);
  });

  test('is the one that hit all', () => {
    expect(stepFailure([failed('a', exists), failed('b', exists)], running)).toBe(exists);
  });

  test('lists every agent that failed, and how, under the first code', () => {
    const fates = [made('a'), failed('b', exists), made('c'), failed('d', unknown)];
    const failure = stepFailure(fates, running);
    expect(failure?.code).toBe('agent-exists');
    expect(failure?.message).toBe(
      '2 of 4 agents failed. b: [agent-exists] It is there. d: [outcome-unknown] Who knows.',
    );
    expect(failure?.call).toBe(call);
    expect(failure?.cause).toBe(exists);
  });

  test('tells two failures apart that say the same', () => {
    const again = new Failure('agent-exists', 'It is there.');
    const failure = stepFailure([failed('a', exists), failed('b', again)], running);
    expect(failure?.message).toMatch(/^2 of 2 agents failed\. a: .* b: /);
  });

  test('names one of several that failed', () => {
    const failure = stepFailure([made('a'), failed('b', exists)], running);
    expect(failure?.message).toBe('1 of 2 agents failed. b: [agent-exists] It is there.');
  });

  test('of a cancelled job is cancelled, and still says what became of each', () => {
    const failure = stepFailure([made('a'), failed('b', unknown)], { cancelled: true });
    expect(failure?.code).toBe('cancelled');
    expect(failure?.message).toMatch(/cancelled before.*b: \[outcome-unknown\] Who knows\.$/);
  });

  test('of a cancelled job in which nothing began is that', () => {
    const cancelled = new Failure('cancelled', 'The job was cancelled.');
    expect(stepFailure([failed('a', cancelled)], { cancelled: true })).toBe(cancelled);
  });
});
