import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ServerWords } from '../../src/failure.ts';
import { readErrorBody } from '../../src/insights-hub/refusals.ts';

describe('readErrorBody reads', () => {
  const LOGREF = '0123456789abcdef0123456789abcdef';
  const rows: readonly (readonly [string, unknown, ServerWords])[] = [
    [
      'errors of the IoT services',
      { errors: [{ code: 'mdsp.core.x', logref: LOGREF, message: 'No.' }] },
      { code: 'mdsp.core.x', reference: LOGREF, message: 'No.' },
    ],
    [
      'the same with an errorcode',
      { errors: [{ errorcode: '5012', logref: LOGREF, message: 'No.' }] },
      { code: '5012', reference: LOGREF, message: 'No.' },
    ],
    [
      'the same with both codes',
      { errors: [{ errorcode: '5012', code: 'mdsp.core.x' }] },
      { code: 'mdsp.core.x' },
    ],
    [
      'the first of several errors',
      { errors: [{ message: 'First.' }, { message: 'Second.' }] },
      { message: 'First.' },
    ],
    [
      'errors of Agent Management',
      { id: LOGREF, message: 'No such agent.' },
      { reference: LOGREF, message: 'No such agent.' },
    ],
    [
      'errors of the identity service behind an API',
      { id: LOGREF, error: 'forbidden', error_description: 'No scope.' },
      { code: 'forbidden', reference: LOGREF, message: 'No scope.' },
    ],
    [
      'errors of OAuth and the gateway',
      { error: 'unauthorized', error_description: 'Bad credentials' },
      { code: 'unauthorized', message: 'Bad credentials' },
    ],
    [
      'a message alone',
      { message: 'API rate limit exceeded' },
      { message: 'API rate limit exceeded' },
    ],
    ['no errors in a list', { errors: [], message: 'No.' }, { message: 'No.' }],
    ['a list of something else', { errors: ['no', null], error: 'e' }, { code: 'e' }],
    ['errors that are no list', { errors: { message: 'x' }, id: 'i' }, { reference: 'i' }],
    ['nothing of other types', { error: 5, message: ['x'], id: { a: 1 } }, {}],
    ['nothing of empty texts', { error: '', message: '', id: '' }, {}],
    ['nothing of other objects', { status: 'READY' }, {}],
    ['nothing of lists', [{ message: 'x' }], {}],
  ];
  test.each(rows)('%s', (_, body, words) => {
    expect(readErrorBody(JSON.stringify(body))).toEqual(words);
  });

  test.each([
    '',
    '<html><h1>502</h1></html>',
    'no healthy upstream',
    'null',
    '"text"',
    '{"error":',
  ])('nothing of %o', (body) => {
    expect(readErrorBody(body)).toEqual({});
  });

  test('whatever it is without throwing, and gives texts only', () => {
    const name = fc.constantFrom('errors', 'code', 'errorcode', 'error', 'message', 'id', 'logref');
    const value = fc.jsonValue({ maxDepth: 2 });
    const object = fc.dictionary(name, fc.oneof(value, fc.array(fc.dictionary(name, value))));
    const body = fc.oneof(
      object.map((fields) => JSON.stringify(fields)),
      fc.json(),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(body, (text) => {
        const words = readErrorBody(text);
        for (const [field, word] of Object.entries(words)) {
          expect(['code', 'message', 'reference']).toContain(field);
          expect(word).toBeTypeOf('string');
          expect(word).not.toBe('');
        }
      }),
      { numRuns: 500 },
    );
  });

  test('nothing of an answer that is nested too deeply', () => {
    expect(readErrorBody('{"errors":['.repeat(90_000))).toEqual({});
  });
});
