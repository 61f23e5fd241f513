import { describe, expect, test } from 'vitest';
import { asFailure, errorCode, Failure, failureCodes } from '../src/failure.ts';

describe('a failure', () => {
  test('is an error with a code, a call and a cause', () => {
    const call = { method: 'GET', url: new URL('https://hub.invalid/a'), status: 404 };
    const cause = new Error('why');
    const failure = new Failure('forbidden', 'No.', { call, cause });
    expect(failure).toBeInstanceOf(Error);
    expect(failure).toMatchObject({ name: 'Failure', code: 'forbidden', message: 'No.', call });
    expect(failure.cause).toBe(cause);
  });

  test('has no cause unless one is given', () => {
    expect('cause' in new Failure('internal', 'No.')).toBe(false);
    expect(new Failure('internal', 'No.').call).toBeUndefined();
  });

  test('its codes are words that can be searched for, each listed once', () => {
    expect(new Set(failureCodes).size).toBe(failureCodes.length);
    for (const code of failureCodes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});

describe('asFailure', () => {
  test('leaves a failure as it is', () => {
    const failure = new Failure('timeout', 'Too late.');
    expect(asFailure(failure)).toBe(failure);
  });

  test.each([
    [new TypeError('the-secret'), 'TypeError'],
    ['the-secret', 'string'],
    [{ message: 'the-secret' }, 'object'],
    [undefined, 'undefined'],
    [null, 'object'],
  ])('turns %o into a bug, without its words', (error, name) => {
    const failure = asFailure(error);
    expect(failure.code).toBe('internal');
    expect(failure.message).toContain(`unexpected ${name} `);
    expect(failure.message).not.toContain('the-secret');
    expect(failure.cause).toBe(error);
  });
});

describe('errorCode', () => {
  test.each([
    [Object.assign(new Error('the-secret'), { code: 'ENOSPC' }), 'ENOSPC'],
    [Object.assign(new TypeError('the-secret'), { code: 7 }), 'TypeError'],
    [new RangeError('the-secret'), 'RangeError'],
    ['the-secret', 'unknown error'],
    [{ code: 'the-secret' }, 'unknown error'],
    [undefined, 'unknown error'],
  ])('%o has the code %s', (error, code) => {
    expect(errorCode(error)).toBe(code);
  });
});
