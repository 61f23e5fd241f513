import { X509Certificate } from 'node:crypto';
import { beforeEach, describe, expect, test } from 'vitest';
import type { HubCertificate, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { type Calls, certificates, type Json, startHub } from './calls.ts';

let hub: InsightsHub;
let calls: Calls;

beforeEach(async () => {
  ({ hub, calls } = await startHub());
});

const error = (status: number) => ({
  status,
  body: {
    errors: [
      {
        code: expect.stringMatching(/^mdsp\.core\./),
        logref: expect.stringMatching(/^[0-9a-f]{32}$/),
        message: expect.any(String),
      },
    ],
  },
});

const recordOf = ({ id, clientId, agentId }: HubCertificate) => ({
  ...{ id, clientId, agentId, status: 'READY' },
  ...{ name: clientId, agentName: clientId },
});

/** Three agents, of which one has two certificates. */
async function addAgents(): Promise<readonly HubCertificate[]> {
  const pair = await hub.authority.issue();
  for (const name of ['a', 'b', 'c']) await hub.addAgent(name, `mqtt1_${name}`, pair);
  await hub.addCertificate('mqtt1_a', pair);
  return [...hub.certificates.values()];
}

describe('certificates', () => {
  test('come from a create, and look like those of the service', async () => {
    const { body } = await calls.create('a');
    const certificate = new X509Certificate(`${body['publicKey']}`);
    expect(certificate.subject).toBe('CN=AWS IoT Certificate');
    expect(certificate.issuer).toBe(
      'OU=Amazon Web Services O=Amazon.com Inc. L=Seattle ST=Washington C=US',
    );
    const text = certificate.raw.toString('latin1');
    // The object ids of the authority key identifier and of the subject key identifier.
    for (const identifier of ['\x55\x1d\x23', '\x55\x1d\x0e']) expect(text).toContain(identifier);
    expect(certificate.checkIssued(new X509Certificate(hub.authority.certificate))).toBe(true);
    const [own] = hub.certificatesOf('mqtt1_a');
    expect(own).toMatchObject({ id: body['id'], agentId: body['agentId'] });
    expect(own?.fingerprint).toBe(certificate.fingerprint256);
  });

  test('have ULIDs, which contain the time of their creation', async () => {
    const before = Date.now();
    const { body } = await calls.create('a');
    const id = `${body['id']}`;
    expect(id).toMatch(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/);
    const digits = [...id.slice(0, 10)].map((digit) =>
      '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(digit),
    );
    const time = digits.reduce((sum, digit) => sum * 32 + digit, 0);
    expect(time).toBeGreaterThanOrEqual(before);
    expect(time).toBeLessThanOrEqual(Date.now());
  });

  test.each([
    ['', 400],
    ['a/b', 400],
    ['a+b', 400],
    ['a#b', 400],
    ['a b', 400],
    ['a\u00a0b', 400],
    ['a\u0007b', 400],
    [`${'ä'.repeat(61)}x`, 400],
    [undefined, 400],
    [1, 400],
    ['ä'.repeat(61), 201],
  ])('for the name %j get a response of %i', async (name, status) => {
    const answer = await calls.create(name);
    expect(answer).toEqual(status === 400 ? error(400) : { status, body: expect.any(Object) });
  });

  test.each(['', '{', '[]', '"a"', 'null', 'name=a'])(
    'are not created from the body %j',
    async (body) => {
      expect(await calls.call(certificates, { method: 'POST', body })).toEqual(error(400));
    },
  );

  test('can be read and deleted by id, and no longer exist then', async () => {
    const [one, ...others] = await addAgents();
    if (one === undefined) throw new Error('there are no certificates');
    const path = `${certificates}/${one.id}`;
    expect(await calls.call(path)).toEqual({ status: 200, body: recordOf(one) });
    expect(await calls.remove(path)).toEqual({ status: 204, body: {} });
    expect([...hub.certificates.values()]).toEqual(others);
    expect(await calls.remove(path)).toEqual(error(404));
    expect(await calls.call(path)).toEqual(error(404));
    // The agent stays as it is.
    expect(hub.agents.size).toBe(3);
  });

  test('outlive their agents, whose names can be used again', async () => {
    const { body } = await calls.create('a');
    const { body: agent } = await calls.call(`agentmanagement/v3/agents/${body['agentId']}`);
    await calls.remove(`agentmanagement/v3/agents/${agent['id']}`, Number(agent['eTag']));
    expect((await calls.create('a')).status).toBe(201);
    expect(hub.certificatesOf('mqtt1_a')).toHaveLength(2);
  });
});

describe('a list of certificates', () => {
  test('is a bare array', async () => {
    const all = await addAgents();
    expect(await calls.call<unknown>(certificates)).toEqual({
      status: 200,
      body: all.map(recordOf),
    });
  });

  test('can come in pages with content', async () => {
    const all = await addAgents();
    hub.certificateList = 'content';
    expect((await calls.call(certificates)).body).toMatchObject({
      content: all.map(recordOf),
      size: 20,
      last: true,
    });
    expect((await calls.call(`${certificates}?size=3&page=1`)).body).toMatchObject({
      content: all.slice(3).map(recordOf),
      number: 1,
      totalElements: 4,
      totalPages: 2,
      last: true,
    });
  });

  test('can come in pages of HAL', async () => {
    const all = await addAgents();
    hub.certificateList = 'hal';
    const { body } = await calls.call(`${certificates}?size=3`);
    expect(body).toMatchObject({
      _embedded: { agentCertificates: all.slice(0, 3).map(recordOf) },
      _links: { next: { href: `${hub.origin}/api/${certificates}?size=3&page=1` } },
      page: { size: 3, totalElements: 4, totalPages: 2, number: 0 },
    });
    hub.certificates.clear();
    const empty = await calls.call(certificates);
    expect(Object.keys(empty.body)).toEqual(['_links', 'page']);
  });

  test('can have an unknown shape', async () => {
    await addAgents();
    hub.certificateList = 'unknown';
    expect(Object.keys((await calls.call(certificates)).body)).toEqual(['result']);
  });

  test.each(['array', 'content', 'hal', 'unknown'] as const)(
    'contains no keys in the form %s, unless requested',
    async (form) => {
      const [one] = await addAgents();
      hub.certificateList = form;
      const text = async () => JSON.stringify((await calls.call<unknown>(certificates)).body);
      expect(await text()).not.toContain('BEGIN');
      hub.tellsKeys = true;
      expect(await text()).toContain(JSON.stringify(one?.pair.privateKey));
      const { body } = await calls.call<Json>(`${certificates}/${one?.id}`);
      expect(body['privateKey']).toBe(one?.pair.privateKey);
      expect(body['publicKey']).toBe(one?.pair.certificate);
    },
  );
});
