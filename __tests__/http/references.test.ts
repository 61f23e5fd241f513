import { describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/http/exchange.ts';
import { attemptLine } from '../../src/http/open.ts';
import { referencesOf } from '../../src/http/references.ts';

const read = (body: string) => (body === '' ? undefined : body);
const answer = (status: number, headers: Record<string, string>, body = ''): Exchange => ({
  kind: 'answer',
  status,
  headers,
  body,
});

describe('how a service calls an exchange', () => {
  test('is read from its headers, and from the body of a refusal', () => {
    const headers = { 'x-request-id': 'a1', 'x-github-request-id': 'C0:1F:2', date: 'today' };
    expect(referencesOf(answer(403, headers, 'ref-1'), read)).toEqual(['a1', 'C0:1F:2', 'ref-1']);
    expect(referencesOf(answer(503, { 'x-correlation-id': 'a1' }, 'a1'), read)).toEqual(['a1']);
  });

  test('is not looked for in the body of a success, which holds a secret', () => {
    expect(referencesOf(answer(201, {}, 'ref-1'), read)).toEqual([]);
  });

  test('is not known without an answer', () => {
    expect(referencesOf({ kind: 'no-answer' }, read)).toEqual([]);
  });

  test.each(['::error::', 'two words', 'line\nend', '%0A', '', 'x'.repeat(65)])(
    'is left out when it is %j',
    (value) => {
      expect(referencesOf(answer(400, { 'x-request-id': value }), read)).toEqual([]);
    },
  );

  test('is hidden when it could be a secret', () => {
    expect(referencesOf(answer(400, { 'x-request-id': 'k'.repeat(40) }), read)).toEqual(['***']);
  });
});

test('an attempt is one line, without the query of its URL', () => {
  const url = new URL('https://hub.invalid/api/agents?filter=x');
  const report = { method: 'GET', url, outcome: 'HTTP 503', milliseconds: 31, attempt: 2 };
  const line = 'GET https://hub.invalid/api/agents: HTTP 503, attempt 2, 31 ms';
  expect(attemptLine({ ...report, references: [] })).toBe(line);
  expect(attemptLine({ ...report, references: ['a1'] })).toBe(`${line}, reference a1`);
});
