import { beforeAll, describe, expect, test } from 'vitest';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { refuseExisting, requestCertificate } from '../../src/insights-hub/request-certificate.ts';
import { agent, answer, cutShort, noAnswer, type Reply, start, tooLarge } from './services.ts';

let pair: IssuedPair;
beforeAll(async () => {
  pair = await (await ServerAuthority.create()).issueServer({ names: ['a'] });
});

const ID = '9eyf37799b5949099a5287a547f8e001';
const CREATE = 'POST /mindconnectmqtt/agentCertificates';
const LIST = 'GET /mindconnectmqtt/agentCertificates';
const FIND = 'GET /agentmanagement/agents?filter={"mqttClientId":"mqtt1_a"}';

const created = () =>
  answer(201, { clientId: 'mqtt1_a', publicKey: pair.certificate, privateKey: pair.privateKey });
const unclear = noAnswer({ sent: true });
const absent = answer(200, { content: [] });
const noCertificates = answer(200, []);
const present = answer(200, { content: [{ id: ID, mqttClientId: 'mqtt1_a' }] });
const other = { id: 'c2', clientId: 'mqtt1_b' };
const unproved = answer(200, { content: [{ id: ID }] });

async function request(script: readonly Reply[], asked = agent) {
  const started = start(...script);
  const certificate = await requestCertificate(asked, started.services, started.limit);
  return { ...started, certificate };
}

describe('a certificate', () => {
  test('is what the first create brings', async () => {
    const { certificate, http, warnings } = await request([created()]);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a', certificate: pair.certificate });
    expect(http.calls).toEqual([CREATE]);
    expect(warnings).toEqual([]);
  });

  test('is asked for once more, when the agent is proved to be absent', async () => {
    const script = [unclear, absent, absent, noCertificates, created()];
    const { certificate, http, warnings, time } = await request(script);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a' });
    expect(http.calls).toEqual([CREATE, FIND, FIND, LIST, CREATE]);
    expect(time.waits).toEqual([2000]);
    expect(warnings).toEqual([
      'Agent a was created by a second request: the first one had no whole answer (hub.invalid is away (EX)), and the agent was proved to be absent after it. A certificate that nobody uses may exist at Insights Hub.',
    ]);
  });
});

describe('a list of certificates is no witness when it', () => {
  test.each([
    ['is refused', answer(403)],
    ['is not there', answer(404)],
    ['is in no known shape', answer(200, { certificates: [{ clientId: 'mqtt1_a' }] })],
    ['shows others only', answer(200, [other])],
  ])('%s', async (_, reply) => {
    const { certificate } = await request([unclear, absent, absent, reply, created()]);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a' });
  });
});

describe('nobody can say whether an agent was created', () => {
  const first = 'Nobody can say whether agent a was created: hub.invalid is away (EX).';
  const there = `An agent with client id mqtt1_a is there now (agent id ${ID}).`;
  const once = 'The request was not sent again.';
  const twice = 'Looked up twice, no agent with client id mqtt1_a was there';
  const failed =
    'The agent with client id mqtt1_a could not be looked up: [forbidden] Looking up the agent with client id mqtt1_a failed: Insights Hub does not allow it';
  const proves =
    'The look-up of client id mqtt1_a found an agent whose record does not prove that client id, which proves nothing.';
  const advice =
    'If an agent with client id mqtt1_a is there that was not there before, its private key is lost: end it (the delete action does). Then run this step again.';
  const again = `${first} ${twice}. Creating it again`;

  const rows: Readonly<Record<string, readonly [readonly Reply[], string, string]>> = {
    'that is there after half an answer': [
      [cutShort, present],
      `Nobody can say whether agent a was created: the answer was cut short: it broke. ${there} ${once} `,
      advice,
    ],
    'that is there': [[unclear, present], `${first} ${there} ${once} `, advice],
    'that shows up late': [[unclear, absent, present], `${first} ${there} ${once} `, advice],
    'that is not proved': [[unclear, unproved], `${first} ${proves} ${once} `, advice],
    'that can not be looked up': [
      [unclear, answer(403)],
      `${first} ${failed}`,
      `${once} ${advice}`,
    ],
    'whose certificate is there': [
      [unclear, absent, absent, answer(200, [{ id: 'c1', clientId: 'mqtt1_a' }])],
      `${first} No agent with client id mqtt1_a is there, but a certificate for it is (certificate id c1). ${once} `,
      advice,
    ],
    'whose certificate is there without a usable id': [
      [unclear, absent, absent, answer(200, [{ id: '../c1', clientId: 'mqtt1_a' }])],
      `${first} No agent with client id mqtt1_a is there, but a certificate for it is (certificate id unknown). ${once} `,
      advice,
    ],
    'whose certificate may be on a page that could not be read': [
      [unclear, absent, absent, answer(200, { content: [other], last: false }), answer(403)],
      `${first} No agent with client id mqtt1_a is there, but the list of certificates could not be read to its end: [forbidden] Listing the certificates failed: `,
      `${once} ${advice}`,
    ],
    'whose second create is unclear, and whose certificate is there then': [
      [
        ...[unclear, absent, absent, noCertificates],
        ...[answer(502), absent, absent, answer(200, [{ id: 'c1', clientId: 'mqtt1_a' }])],
      ],
      `${again}: the service answered 502. No agent with client id mqtt1_a is there, but a certificate for it is (certificate id c1). `,
      advice,
    ],
    'whose second create is refused': [
      [unclear, absent, absent, noCertificates, answer(409)],
      `${again} failed: [agent-exists] Agent a exists already.`,
      advice,
    ],
    'whose second create is unclear, and which is there then': [
      [unclear, absent, absent, noCertificates, answer(502), present],
      `${again}: the service answered 502. ${there} `,
      advice,
    ],
    'whose second create is unclear, and which is absent even then': [
      [
        ...[unclear, absent, absent, noCertificates],
        ...[answer(502), absent, absent, noCertificates],
      ],
      `${again}: the service answered 502. ${twice} even then. `,
      advice,
    ],
  };
  test.each(Object.entries(rows))('%s', async (_, [script, begins, ends]) => {
    const end = request(script);
    await expect(end).rejects.toMatchObject({
      code: 'outcome-unknown',
      mayBeDone: true,
      call: { method: 'POST' },
    });
    const message = await end.then(
      () => '',
      (error: Error) => error.message,
    );
    expect(message.slice(0, begins.length)).toBe(begins);
    expect(message.slice(-ends.length)).toBe(ends);
  });

  test('an ephemeral one is ended by the post step', async () => {
    await expect(request([unclear, present], { ...agent, ephemeral: true })).rejects.toThrow(
      `${first} ${there} ${once} If it is there, the post step ends it. Run this step again.`,
    );
  });

  test('but a second create whose answer can not be used tells its own end', async () => {
    const useless = answer(201, { clientId: 'mqtt1_a' });
    await expect(request([unclear, absent, absent, noCertificates, useless])).rejects.toMatchObject(
      {
        code: 'response-invalid',
        message: expect.stringContaining('it holds no private key. Agent a exists now'),
      },
    );
  });

  test('the look-up has 30 s of its own', async () => {
    const { http, services, limit } = start(unclear, present);
    http.onSend = () => limit.end();
    await expect(requestCertificate(agent, services, limit)).rejects.toThrow('is there now');
    const [, lookUp] = http.sent;
    expect(lookUp?.signal).not.toBe(limit.signal);
    // It is over with the request.
    expect(lookUp?.signal.aborted).toBe(true);
  });

  test.each<[string, readonly Reply[], string]>([
    ['is refused', [answer(409)], 'agent-exists'],
    [
      'is not sent at all',
      Array.from({ length: 5 }, () => noAnswer({ sent: false })),
      'unavailable',
    ],
    ['has too large an answer', [tooLarge], 'response-invalid'],
  ])('but not after a create that %s', async (_, script, code) => {
    await expect(request(script)).rejects.toMatchObject({ code });
  });
});

describe('an ephemeral agent', () => {
  const refuse = async (reply: Reply) => {
    const { api, limit } = start(reply);
    await refuseExisting(agent, api, limit);
  };

  test('may be made when it is not there', async () => {
    await refuse(absent);
  });

  test('may not be made when it is there', async () => {
    await expect(refuse(present)).rejects.toMatchObject({
      code: 'agent-exists',
      message:
        'Agent a exists already (client id mqtt1_a). With `ephemeral` it would be ended after the job, so nothing was created. Choose another name, or end that agent first.',
    });
  });

  test('may not be made when nobody can say', async () => {
    await expect(refuse(unproved)).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        'Nobody can say whether agent a exists already: the look-up of client id mqtt1_a found an agent whose record does not prove that client id. With `ephemeral` nothing is created then.',
    });
  });
});
