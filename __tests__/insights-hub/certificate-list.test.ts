import { describe, expect, test } from 'vitest';
import { deleteCertificate, listCertificates } from '../../src/insights-hub/certificate-list.ts';
import { describeFailure } from '../../src/text.ts';
import { answer, type Reply, start, tooLarge } from './services.ts';

const LIST = 'GET /mindconnectmqtt/agentCertificates';
const pageAt = (number: number) => `${LIST}?page=${number}`;
const UNUSABLE = "Listing the certificates got an answer that can't be used.";

const one = (id: string, clientId = 'mqtt1_a', more: object = {}) => ({ id, clientId, ...more });
const hal = (page: object | undefined, ...records: readonly unknown[]) =>
  answer(200, { _embedded: { agentCertificates: records }, page });

async function list(...script: readonly Reply[]) {
  const started = start(...script);
  const { ids, problem, isBegun } = await listCertificates(started.api, started.limit);
  return { ...started, ids: Object.fromEntries(ids), problem, isBegun };
}

describe('a list of certificates', () => {
  const a = one('c1');
  const b = one('c2', 'mqtt1_b');
  test.each<[string, unknown]>([
    ['an array', [a, b]],
    ['content', { content: [a, b] }],
    ['content that says that it is the last page', { content: [a, b], last: true, number: 0 }],
    ['content that is counted', { content: [a, b], totalElements: 2, totalPages: 1 }],
    ['HAL', { _embedded: { certificates: [a, b] } }],
    ['HAL that is counted', { _embedded: { x: [a, b] }, page: { totalPages: 1, number: 0 } }],
    ['HAL with links', { _embedded: { x: [a, b] }, _links: { self: { href: '/' } } }],
    ['records with another name for the id', [{ certificateId: 'c1', clientId: 'mqtt1_a' }, b]],
    ['an array in which others are not records', [a, 'text', null, 7, [], {}, b]],
  ])('is read as %s', async (_, body) => {
    const { ids, problem, isBegun, http } = await list(answer(200, body));
    expect({ ids, problem, isBegun }).toEqual({
      ids: { mqtt1_a: ['c1'], mqtt1_b: ['c2'] },
      problem: undefined,
      isBegun: true,
    });
    expect(http.calls).toEqual([LIST]);
  });

  test('can contain several of an agent', async () => {
    const { ids } = await list(answer(200, [one('c1'), one('c2', 'mqtt1_b'), one('c3')]));
    expect(ids).toEqual({ mqtt1_a: ['c1', 'c3'], mqtt1_b: ['c2'] });
  });

  test.each<[string, unknown]>([
    ['an array', []],
    ['content', { content: [], totalElements: 0 }],
    ['HAL', { _embedded: { certificates: [] }, page: { totalElements: 0 } }],
    ['HAL with nothing embedded', { _embedded: {}, page: { totalElements: 0 } }],
    ['HAL without anything embedded', { page: { totalElements: 0, totalPages: 0, number: 0 } }],
  ])('can be empty as %s', async (_, body) => {
    const { ids, problem, isBegun } = await list(answer(200, body));
    expect({ ids, problem, isBegun }).toEqual({ ids: {}, problem: undefined, isBegun: true });
  });

  test.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', '"c1"'],
    ['a web page', '<html></html>'],
    ['half an array', '[{"id":"c1",'],
    ['an object of its own', { result: { certificates: [a] } }],
    ['an empty object', {}],
    ['content that is not an array', { content: { 0: a } }],
    ['two lists', { _embedded: { certificates: [a], agents: [] } }],
    ['HAL that hides its records', { _embedded: {}, page: { totalElements: 3 } }],
    ['ids alone', ['c1', 'c2']],
    ['records without a client id', [{ id: 'c1', name: 'mqtt1_a' }]],
    ['records whose client id is not a text', { content: [{ id: 'c1', clientId: 7 }] }],
  ])('can’t be %s', async (_, body) => {
    const { ids, problem, isBegun } = await list(answer(200, body));
    expect({ ids, isBegun }).toEqual({ ids: {}, isBegun: false });
    expect(problem).toMatchObject({ code: 'response-invalid', message: UNUSABLE });
  });

  test('can have 16 MiB', async () => {
    const { problem } = await list((request) => {
      expect(request.largestAnswer).toBe(16);
      return tooLarge(request);
    });
    expect(problem).toMatchObject({ code: 'response-invalid', call: { status: 200 } });
  });

  test.each([400, 404])(
    'that is rejected does not refer to words that are not shown (%i)',
    async (status) => {
      const { problem } = await list(answer(status, { message: 'words' }));
      const message = 'Listing the certificates was rejected.';
      expect(problem).toMatchObject({ code: 'request-rejected', message });
    },
  );

  test('that is not answered with 200 is not a list', async () => {
    const { problem, isBegun } = await list(answer(203, [a]));
    expect(isBegun).toBe(false);
    expect(problem).toMatchObject({ code: 'response-invalid' });
  });

  test.each(['a/b', '../agents', '', ' ', '.', '-a', 'x'.repeat(129), 'a?b', 'é', 7, null, {}])(
    'reports a certificate, but not an id that leads elsewhere (%j)',
    async (id) => {
      const { ids, problem } = await list(answer(200, [{ id, clientId: 'mqtt1_a' }]));
      expect(problem).toBeUndefined();
      expect(ids).toEqual({ mqtt1_a: [] });
    },
  );

  test('accepts client ids that are names of object members', async () => {
    const started = start(answer(200, [one('c1', '__proto__'), one('c2', 'constructor')]));
    const { ids } = await listCertificates(started.api, started.limit);
    expect([...ids]).toEqual([
      ['__proto__', ['c1']],
      ['constructor', ['c2']],
    ]);
  });

  test('reports no id that is a secret of the step', async () => {
    const started = start(answer(200, [one('a-secret-of-the-step')]));
    started.secrets.redactPieces = (text) => text.replace('a-secret-of-the-step', '***');
    const { ids } = await listCertificates(started.api, started.limit);
    expect([...ids]).toEqual([['mqtt1_a', []]]);
  });
});

describe('the pages of a list of certificates', () => {
  test.each<[string, (number: number, ...ids: readonly string[]) => Reply]>([
    [
      'content that counts pages',
      (number, ...ids) =>
        answer(200, {
          content: ids.map((id) => one(id)),
          number,
          totalPages: 3,
          last: number === 2,
        }),
    ],
    [
      'content that knows the last one',
      (number, ...ids) => answer(200, { content: ids.map((id) => one(id)), last: number === 2 }),
    ],
    [
      'content that counts records',
      (_, ...ids) => answer(200, { content: ids.map((id) => one(id)), totalElements: 5 }),
    ],
    ['HAL', (number, ...ids) => hal({ number, totalPages: 3 }, ...ids.map((id) => one(id)))],
    [
      'HAL that counts records',
      (number, ...ids) => hal({ number, totalElements: 5 }, ...ids.map((id) => one(id))),
    ],
    [
      'HAL with links',
      (number, ...ids) =>
        answer(200, {
          _embedded: { x: ids.map((id) => one(id)) },
          _links: number < 2 ? { next: { href: 'https://elsewhere.invalid/' } } : {},
        }),
    ],
  ])('are all read (%s)', async (_, page) => {
    const script = [page(0, 'c1', 'c2'), page(1, 'c3', 'c4'), page(2, 'c5')];
    const { ids, problem, http } = await list(...script);
    expect(problem).toBeUndefined();
    expect(ids).toEqual({ mqtt1_a: ['c1', 'c2', 'c3', 'c4', 'c5'] });
    // Links are not followed: the token goes to the API alone.
    expect(http.calls).toEqual([LIST, pageAt(1), pageAt(2)]);
  });

  test.each<[string, Reply]>([
    ['is rejected', answer(403)],
    ['is not the requested one', hal({ number: 0, totalPages: 3 }, one('c2'))],
    ['has no number that can be read', hal({ number: '1', totalPages: 3 }, one('c2'))],
    ['is in no known shape', answer(200, {})],
    ['is an array', answer(200, [one('c2')])],
    ['is too large', tooLarge],
  ])('are incomplete when one %s', async (_, reply) => {
    const { ids, problem, isBegun } = await list(hal({ totalPages: 3 }, one('c1')), reply);
    expect({ ids, isBegun }).toEqual({ ids: { mqtt1_a: ['c1'] }, isBegun: true });
    expect(problem?.code).toMatch(/^(forbidden|response-invalid)$/);
  });

  test('end after 500', async () => {
    const page = (n: number) => answer(200, { content: [one(`c${n}`)], last: false });
    const pages = Array.from({ length: 501 }, (_, n) => page(n));
    const { problem, isBegun, http } = await list(...pages);
    expect(isBegun).toBe(true);
    expect(problem).toMatchObject({
      code: 'response-invalid',
      message: 'Listing the certificates did not end after 500 pages.',
    });
    expect(http.calls).toHaveLength(500);
  });

  test('are incomplete when the same one comes again', async () => {
    const page = answer(200, { content: [one('c1'), one('c2')], totalElements: 4 });
    const { problem, isBegun } = await list(page, page);
    expect(isBegun).toBe(true);
    expect(problem).toMatchObject({
      code: 'response-invalid',
      message: 'Listing the certificates returned the same page again.',
    });
  });

  test('keep to the quota of the tenant', async () => {
    const pages = Array.from({ length: 41 }, (_, number) =>
      hal({ number, totalPages: 41 }, one(`c${number}`)),
    );
    const { time, problem } = await list(...pages);
    expect(problem).toBeUndefined();
    expect(time.now).toBeGreaterThanOrEqual(60_000);
  });
});

describe('nothing is revealed of a list', () => {
  const KEY = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw\n-----END';

  test('that contains private keys, and none is masked', async () => {
    const records = Array.from({ length: 300 }, (_, n) => one(`c${n}`, 'x', { privateKey: KEY }));
    const { ids, problem, masked } = await list(answer(200, records));
    expect(problem).toBeUndefined();
    expect(ids['x']).toHaveLength(300);
    expect(JSON.stringify(ids)).not.toContain('MII');
    expect(masked).toEqual([]);
  });

  test.each<[string, Reply]>([
    ['in no known shape', answer(200, { keys: [{ privateKey: KEY }] })],
    ['that is not JSON', answer(200, `[{"privateKey":"${KEY}"}`)],
    ['that is rejected', answer(403, { errors: [{ code: KEY, message: KEY, logref: KEY }] })],
    ['that is answered with another success', answer(202, [{ privateKey: KEY }])],
  ])('%s', async (_, reply) => {
    const { problem, secrets, masked } = await list(reply);
    expect(problem?.call?.said).toBeUndefined();
    expect(problem && describeFailure(problem, secrets)).not.toMatch(/MII|BEGIN/);
    expect(masked).toEqual([]);
  });
});

describe('a certificate', () => {
  test.each([
    [answer(204), 'deleted'],
    [answer(200, { id: 'c1' }), 'deleted'],
    [answer(202), 'deleted'],
    [answer(404), 'absent'],
    [answer(410), 'absent'],
  ] as const)('is deleted by its id, or gone (%#)', async (reply, result) => {
    const { http, api, limit } = start(reply);
    expect(await deleteCertificate('c1', api, limit)).toBe(result);
    expect(http.calls).toEqual(['DELETE /mindconnectmqtt/agentCertificates/c1']);
    expect(http.sent[0]?.headers).not.toHaveProperty('if-match');
  });

  test.each([
    [answer(200, '<html></html>', { 'content-type': 'text/html' }), 'response-invalid'],
    [answer(400), 'request-rejected'],
    [answer(403), 'forbidden'],
    [answer(409), 'not-ended'],
  ] as const)('stays when its deletion is rejected (%#)', async (reply, code) => {
    const { api, limit } = start(reply);
    await expect(deleteCertificate('c1', api, limit)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(/^Deleting certificate c1 /),
    });
  });

  test('is deleted again when the answer got lost', async () => {
    const { http, api, limit } = start(answer(503), answer(404));
    expect(await deleteCertificate('c1', api, limit)).toBe('absent');
    expect(http.calls).toHaveLength(2);
  });
});
