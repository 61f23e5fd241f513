import { describe, expect, test } from 'vitest';
import { deleteAsset } from '../../src/insights-hub/assets.ts';
import { answer, start } from './services.ts';

const findOn = (page: number) =>
  `GET /assetmanagement/assets?page=${page}&size=200&filter={"externalId":"mqtt1_a"}`;
const FIND = findOn(0);
const READ = 'GET /assetmanagement/assets/b2';
const DELETE = 'DELETE /assetmanagement/assets/b2';
const CHILDREN = 'GET /assetmanagement/assets?page=0&size=200&filter={"parentId":"b2"}';
const asset = { assetId: 'b2', externalId: 'mqtt1_a', typeId: 'core.mcmqtt', etag: 4 };
const page = (...assets: readonly unknown[]) => answer(200, { _embedded: { assets } });
const ended = { deleted: '2026-01-02T03:04:05.678Z' };
const owner = (assetId?: string) => ({ clientId: 'mqtt1_a', assetId });

describe('the asset of an agent', () => {
  test('is deleted with its tag, if the agent names it', async () => {
    const { http, api, limit } = start(answer(200, asset), answer(204));
    await deleteAsset(owner('b2'), api, limit);
    expect(http.calls).toEqual([
      'GET /assetmanagement/assets/b2',
      'DELETE /assetmanagement/assets/b2',
    ]);
    expect(http.sent[1]?.headers['if-match']).toBe('4');
  });

  test('is deleted with 0, if it has no tag', async () => {
    const { http, api, limit } = start(answer(200, { ...asset, etag: undefined }), answer(204));
    await deleteAsset(owner('b2'), api, limit);
    expect(http.sent[1]?.headers['if-match']).toBe('0');
  });

  test.each([
    ['client id', { typeId: 'other' }],
    ['type', { externalId: undefined }],
  ])('is recognised by its %s', async (_, other) => {
    const { api, limit } = start(answer(200, { ...asset, ...other }), answer(204));
    await deleteAsset(owner('b2'), api, limit);
  });

  test('is left alone when it is something else', async () => {
    const pump = { ...asset, externalId: 'pump', typeId: 'pump' };
    const { api, limit } = start(answer(200, pump));
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Reading the asset of the agent with client id mqtt1_a returned something else, so it was not deleted. Look at it in Insights Hub.',
    });
  });

  test('counts as deleted if it is marked so', async () => {
    const { http, api, limit } = start(
      answer(200, { ...asset, typeId: 'x', externalId: '', ...ended }),
    );
    await deleteAsset(owner('b2'), api, limit);
    expect(http.calls).toEqual([READ]);
  });

  test('is retried if it is locked for a moment, or after temporary failures', async () => {
    const { http, api, limit } = start(
      ...[answer(200, asset), answer(409), page()],
      ...[answer(200, { ...asset, etag: 5 }), answer(503), answer(204)],
    );
    await deleteAsset(owner('b2'), api, limit);
    expect(http.calls).toEqual([READ, DELETE, CHILDREN, READ, DELETE, DELETE]);
    expect(http.sent[4]?.headers['if-match']).toBe('5');
  });

  const asset1 = 'the asset of the agent with client id mqtt1_a';
  test('is tried five times if it stays locked', async () => {
    const again = Array.from({ length: 4 }, () => [answer(200, asset), answer(409)]).flat();
    const { http, api, limit, time } = start(answer(200, asset), answer(409), page(), ...again);
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message: `Deleting ${asset1} was rejected because of a conflict: it is in use. Run this step again later.`,
    });
    expect(http.calls.filter((call) => call === DELETE)).toHaveLength(5);
    expect(time.waits).toEqual([250, 500, 1000, 2000]);
  });

  test('is tried no longer than there is time if it stays locked', async () => {
    const { api, limitOf } = start(answer(200, asset), answer(409), page());
    await expect(deleteAsset(owner('b2'), api, limitOf(300, 0.25))).rejects.toMatchObject({
      code: 'timeout',
      call: { status: 409 },
    });
  });

  test('is not retried in a job that is cancelled', async () => {
    const { api, limit, clock, cancel } = start(answer(200, asset), answer(409), page());
    clock.sleep = async () => cancel.abort();
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'cancelled',
      message:
        'The job was cancelled. Deleting the asset of the agent with client id mqtt1_a was abandoned.',
    });
  });

  const child = { assetId: 'c3', parentId: 'b2', typeId: 'mqtt1.pump', deleted: null };
  describe.each([400, 409, 422])('whose deletion is rejected (%i)', (status) => {
    test('because it has others below it is tried once', async () => {
      const refusal = answer(status, { errors: [{ code: 'mdsp.core.generic.conflict' }] });
      const { http, api, limit } = start(answer(200, asset), refusal, page(child));
      await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
        code: 'not-ended',
        message: `Insights Hub rejected deleting ${asset1}, because it has other assets below it. Delete or move them in Asset Manager, then run this step again.`,
        call: { method: 'DELETE', status, said: { code: 'mdsp.core.generic.conflict' } },
      });
      expect(http.calls).toEqual([READ, DELETE, CHILDREN]);
    });

    test('because it was deleted in the meantime counts as deleted', async () => {
      const now = answer(200, { ...asset, ...ended });
      const { http, api, limit } = start(answer(200, asset), answer(status), page(), now);
      await deleteAsset(owner('b2'), api, limit);
      expect(http.calls).toEqual([READ, DELETE, CHILDREN, READ]);
    });

    test.each([
      ['belongs to another one', page({ ...child, parentId: 'b3' }, asset)],
      ['is already deleted', page({ ...child, ...ended })],
      ["can't be read", answer(403)],
      ['is not in the answer', answer(200, '[]')],
    ])('is still deleted if possible when an asset below it %s', async (_, reply) => {
      const { api, limit } = start(
        ...[answer(200, asset), answer(status), reply],
        ...[answer(200, asset), answer(204)],
      );
      const result = deleteAsset(owner('b2'), api, limit);
      if (status === 409) await result;
      else await expect(result).rejects.toMatchObject({ code: 'request-rejected' });
    });
  });

  test('is not deleted if it can’t be read', async () => {
    const { http, api, limit } = start(answer(409));
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({ code: 'not-ended' });
    expect(http.calls).toEqual([READ]);
  });

  test('is not retried if it is rejected', async () => {
    const { api, limit } = start(answer(200, asset), answer(403));
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('if the agent names no asset', () => {
  test('it is looked up by the client id', async () => {
    const { http, api, limit } = start(page(asset), answer(200, asset), answer(204));
    await deleteAsset(owner(), api, limit);
    expect(http.calls).toEqual([
      FIND,
      'GET /assetmanagement/assets/b2',
      'DELETE /assetmanagement/assets/b2',
    ]);
  });

  const pageOf = (number: unknown, totalPages: number, ...assets: readonly unknown[]) =>
    answer(200, { _embedded: { assets }, page: { size: 1, totalElements: 3, totalPages, number } });

  test('every page of the list is read before an asset is deleted', async () => {
    const others = ['b3', 'b4'].map((assetId) => ({ ...asset, assetId }));
    const { http, api, limit } = start(
      ...[pageOf(0, 3, asset), pageOf(1, 3, asset, others[0]), pageOf(2, 3, others[1])],
      ...[asset, ...others].flatMap((each) => [answer(200, each), answer(204)]),
    );
    await deleteAsset(owner(), api, limit);
    const ends = ['b2', 'b3', 'b4'].flatMap((id) =>
      ['GET', 'DELETE'].map((method) => `${method} /assetmanagement/assets/${id}`),
    );
    expect(http.calls).toEqual([findOn(0), findOn(1), findOn(2), ...ends]);
  });

  test.each([
    ['without content', answer(200, { page: { totalElements: 3, totalPages: 2, number: 1 } })],
    ['without anything', answer(200, {})],
  ])('a last page %s is empty', async (_, last) => {
    const { http, api, limit } = start(pageOf(0, 2), last);
    await deleteAsset(owner(), api, limit);
    expect(http.calls).toEqual([findOn(0), findOn(1)]);
  });

  test('another page than the requested one is not an answer', async () => {
    const { http, api, limit } = start(pageOf(0, 2), pageOf(0, 2));
    await expect(deleteAsset(owner(), api, limit)).rejects.toMatchObject({
      code: 'response-invalid',
    });
    expect(http.calls).toEqual([findOn(0), findOn(1)]);
  });

  test('at most 50 pages are read', async () => {
    const pages = Array.from({ length: 50 }, (_, number) => pageOf(number, 51));
    const { http, api, limit } = start(...pages);
    await expect(deleteAsset(owner(), api, limit)).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        'Looking up the asset of the agent with client id mqtt1_a found more than 10000 assets. Look at them in Insights Hub.',
    });
    expect(http.calls).toHaveLength(50);
  });

  test.each([
    ['an empty list', page()],
    ['an empty page', answer(200, { page: { totalElements: 0 } })],
    ['an empty answer', answer(200, {})],
    ['one that is marked as deleted', page({ ...asset, ...ended })],
    ['one of another client id', page({ ...asset, externalId: 'mqtt1_b' })],
    ['one of another type', page({ ...asset, typeId: 'pump' })],
    ['one without a usable id', page({ ...asset, assetId: 'a/b' })],
    ['something else', page('asset', null)],
  ])('nothing is deleted for %s', async (_, found) => {
    const { http, api, limit } = start(found);
    await deleteAsset(owner(), api, limit);
    expect(http.calls).toEqual([FIND]);
  });

  test.each([
    ['something that is not a page', answer(200, { _embedded: [] })],
    ['a page without a list of some', answer(200, { page: { totalElements: 1 } })],
    [
      'something that is not a list',
      answer(200, { _embedded: { assets: {} }, page: { totalElements: 0 } }),
    ],
  ])('%s is not an answer', async (_, found) => {
    const { api, limit } = start(found);
    await expect(deleteAsset(owner(), api, limit)).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        "Looking up the asset of the agent with client id mqtt1_a got an answer that can't be used.",
    });
  });
});
