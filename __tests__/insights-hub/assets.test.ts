import { describe, expect, test } from 'vitest';
import { deleteAsset } from '../../src/insights-hub/assets.ts';
import { answer, start } from './services.ts';

const FIND = 'GET /assetmanagement/assets?filter={"externalId":"mqtt1_a"}';
const asset = { assetId: 'b2', externalId: 'mqtt1_a', typeId: 'core.mcmqtt', etag: 4 };
const page = (...assets: readonly unknown[]) => answer(200, { _embedded: { assets } });
const owner = (assetId?: string) => ({ clientId: 'mqtt1_a', assetId });

describe('the asset of an agent', () => {
  test('is deleted with its tag, where the agent names it', async () => {
    const { http, api, limit } = start(answer(200, asset), answer(204));
    await deleteAsset(owner('b2'), api, limit);
    expect(http.calls).toEqual([
      'GET /assetmanagement/assets/b2',
      'DELETE /assetmanagement/assets/b2',
    ]);
    expect(http.sent[1]?.headers['if-match']).toBe('4');
  });

  test('is deleted with 0, where it has no tag', async () => {
    const { http, api, limit } = start(answer(200, { ...asset, etag: undefined }), answer(204));
    await deleteAsset(owner('b2'), api, limit);
    expect(http.sent[1]?.headers['if-match']).toBe('0');
  });

  test.each([
    ['client id', { typeId: 'other' }],
    ['type', { externalId: undefined }],
  ])('is known by its %s', async (_, other) => {
    const { api, limit } = start(answer(200, { ...asset, ...other }), answer(204));
    await deleteAsset(owner('b2'), api, limit);
  });

  test('is left alone when it is something else', async () => {
    const pump = { ...asset, externalId: 'pump', typeId: 'pump' };
    const { api, limit } = start(answer(200, pump));
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'not-ended',
      message:
        'Reading the asset of the agent with client id mqtt1_a showed something else, so it was left as it is. Look at it in Insights Hub.',
    });
  });

  test('that is locked for a moment is tried again, and so is what passes', async () => {
    const { http, api, limit } = start(answer(200, asset), answer(409), answer(503), answer(204));
    await deleteAsset(owner('b2'), api, limit);
    expect(http.calls).toHaveLength(4);
  });

  test('that is refused is not tried again', async () => {
    const { api, limit } = start(answer(200, asset), answer(403));
    await expect(deleteAsset(owner('b2'), api, limit)).rejects.toMatchObject({
      code: 'forbidden',
    });
  });
});

describe('where the agent names no asset', () => {
  test('it is looked up by the client id', async () => {
    const { http, api, limit } = start(page(asset), answer(200, asset), answer(204));
    await deleteAsset(owner(), api, limit);
    expect(http.calls).toEqual([
      FIND,
      'GET /assetmanagement/assets/b2',
      'DELETE /assetmanagement/assets/b2',
    ]);
  });

  test.each([
    ['an empty list', page()],
    ['an empty page', answer(200, { page: { totalElements: 0 } })],
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
    ['a page without a list', answer(200, {})],
    ['a page without a list of some', answer(200, { page: { totalElements: 1 } })],
    ['a list that is none', answer(200, { _embedded: { assets: {} }, page: { totalElements: 0 } })],
  ])('%s is no answer', async (_, found) => {
    const { api, limit } = start(found);
    await expect(deleteAsset(owner(), api, limit)).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        "Looking up the asset of the agent with client id mqtt1_a got an answer that can't be used.",
    });
  });
});
