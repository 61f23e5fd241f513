import { describe, expect, test } from 'vitest';
import { deleteResource, idOf, type Resource } from '../../src/insights-hub/resources.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import { answer, noAnswer, start, tooLarge } from './services.ts';

const resource: Resource = {
  api: 'assetmanagement',
  path: 'assets/1',
  name: 'the asset',
  tagField: 'etag',
};
const GET = 'GET /assetmanagement/assets/1';
const DELETE = 'DELETE /assetmanagement/assets/1';

describe('deleting a resource', () => {
  test.each<[string, unknown, string]>([
    ['a number', 0, '0'],
    ['a text', 'W/"7"', 'W/"7"'],
    ['a text of 128 characters', 'x'.repeat(128), 'x'.repeat(128)],
  ])('sends the tag that it has: %s', async (_, etag, tag) => {
    const { http, api, limit } = start(answer(200, { etag }), answer(204));
    expect(await deleteResource(resource, api, limit)).toBe('deleted');
    expect(http.calls).toEqual([GET, DELETE]);
    expect(http.sent[1]?.headers['if-match']).toBe(tag);
  });

  test.each<[string, object]>([
    ['no tag', {}],
    ['an empty one', { etag: '' }],
    ['one with a space', { etag: 'a b' }],
    ['one with a line break', { etag: 'a\n' }],
    ['one that is too long', { etag: 'x'.repeat(129) }],
    ['one of another type', { etag: true }],
    ['one in another field', { eTag: 1 }],
  ])('needs one that can be sent: %s', async (_, record) => {
    const bare = start(answer(200, record));
    await expect(deleteResource(resource, bare.api, bare.limit)).rejects.toMatchObject({
      code: 'response-invalid',
      message: "Reading the asset got an answer that can't be used.",
    });
    const { http, api, limit } = start(answer(200, record), answer(204));
    await deleteResource({ ...resource, tagWithout: '0' }, api, limit);
    expect(http.sent[1]?.headers['if-match']).toBe('0');
  });

  test('sends the known tag, and reads none', async () => {
    const { http, api, limit } = start(answer(204));
    expect(await deleteResource({ ...resource, tag: '7' }, api, limit)).toBe('deleted');
    expect(http.calls).toEqual([DELETE]);
    expect(http.sent[0]?.headers['if-match']).toBe('7');
  });

  test.each([
    ['before', [answer(404)]],
    ['for good before', [answer(410)]],
    ['in between', [answer(200, { etag: 1 }), answer(404)]],
    ['for good in between', [answer(200, { etag: 1 }), answer(410)]],
    ['by its record', [answer(200, { etag: 1, deleted: '2026-01-02T03:04:05.678Z' })]],
    [
      'when its tag is read again',
      [
        answer(200, { etag: 1, deleted: null }),
        answer(412),
        answer(200, { deleted: '2026-01-02' }),
      ],
    ],
  ])('succeeds if it no longer exists %s', async (_, script) => {
    const { http, api, limit } = start(...script);
    expect(await deleteResource(resource, api, limit)).toBe('not-there');
    expect(http.calls).toHaveLength(script.length);
  });

  test('reads a tag that has changed again, once', async () => {
    const { http, api, limit } = start(
      answer(200, { etag: 1 }),
      answer(412),
      answer(200, { etag: 2 }),
      answer(204),
    );
    expect(await deleteResource(resource, api, limit)).toBe('deleted');
    expect(http.calls).toEqual([GET, DELETE, GET, DELETE]);
    expect(http.sent[3]?.headers['if-match']).toBe('2');
  });

  test('is abandoned when the tag has changed twice', async () => {
    const changed = [answer(200, { etag: 1 }), answer(412)];
    const { api, limit } = start(...changed, ...changed);
    await expect(deleteResource(resource, api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Deleting the asset was abandoned, because it changed twice in the meantime. Run this step again.',
      call: { method: 'DELETE', status: 412 },
    });
  });

  const typed = (type: string) => ({ 'content-type': type });
  test.each([
    ['white space', answer(200, ' \n')],
    ['JSON', answer(200, { assetId: '1', etag: 2 }, typed('application/json'))],
    ['a text', answer(200, '<deleted>', typed('text/plain'))],
    ['a text of no type', answer(202, 'deleted')],
  ])('succeeds whatever a success contains: %s', async (_, reply) => {
    const { api, limit } = start(answer(200, { etag: 1 }), reply);
    expect(await deleteResource(resource, api, limit)).toBe('deleted');
  });

  test.each([
    ['its type', answer(200, 'Sign in', typed('text/html; charset=utf-8'))],
    ['the type of XHTML', answer(200, '', typed('application/xhtml+xml'))],
    ['its content, where it has no type', answer(200, '\n<html>')],
  ])('is not confirmed by a web page, which is recognised by %s', async (_, reply) => {
    const { api, limit } = start(answer(200, { etag: 1 }), reply);
    await expect(deleteResource(resource, api, limit)).rejects.toMatchObject({
      code: 'response-invalid',
      message: "Deleting the asset got an answer that can't be used.",
    });
  });

  const conflict =
    'Deleting the asset was rejected because of a conflict: it is in use. Run this step again later.';
  test.each([
    [
      'one that is too large is no answer to it',
      tooLarge,
      'response-invalid',
      "Deleting the asset got an answer that can't be used.",
    ],
    ['a conflict keeps it', answer(409), 'not-ended', conflict],
    [
      'a rejection is reported',
      answer(400),
      'request-rejected',
      "Deleting the asset was rejected. Check the inputs against the server's message.",
    ],
  ])('%s', async (_, exchange, code, message) => {
    const { api, limit } = start(answer(200, { etag: 1 }), exchange);
    await expect(deleteResource(resource, api, limit)).rejects.toMatchObject({ code, message });
  });

  test('is retried after temporary failures', async () => {
    const { api, limit } = start(answer(200, { etag: 1 }), answer(503), answer(204));
    expect(await deleteResource(resource, api, limit)).toBe('deleted');
  });

  test('leaves something else alone', async () => {
    const { http, api, limit } = start(answer(200, { etag: 1, typeId: 'pump' }));
    const isIt = ({ typeId }: Readonly<Record<string, unknown>>) => typeId === 'agent';
    await expect(deleteResource({ ...resource, isIt }, api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Reading the asset returned something else, so it was not deleted. Look at it in Insights Hub.',
    });
    expect(http.calls).toEqual([GET]);
  });

  test('reports that time ran out', async () => {
    const { http, api, limit } = start(noAnswer({ sent: true }));
    http.onSend = () => limit.end();
    await expect(deleteResource(resource, api, limit)).rejects.toMatchObject({
      code: 'timeout',
    });
  });
});

describe('an id', () => {
  const secrets = new KnownSecrets(() => {});
  secrets.mask([new Secret('sesame')]);

  test.each(['a', '9eyf', 'A-b_c', 'x'.repeat(128)])('can be %s', (id) => {
    expect(idOf(id, secrets)).toBe(id);
  });

  test.each([
    '',
    '-a',
    '_a',
    'a/b',
    'a b',
    'a.b',
    'ä',
    'x'.repeat(129),
    7,
    null,
    undefined,
    'my-sesame-7',
  ])('can’t be %s', (id) => {
    expect(idOf(id, secrets)).toBeUndefined();
  });
});
