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
  test('is the result of the first create', async () => {
    const { certificate, http, warnings } = await request([created()]);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a', certificate: pair.certificate });
    expect(http.calls).toEqual([CREATE]);
    expect(warnings).toEqual([]);
  });

  test('is requested once more if the agent is proved to be absent', async () => {
    const script = [unclear, absent, absent, noCertificates, created()];
    const { certificate, http, warnings, time } = await request(script);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a' });
    expect(http.calls).toEqual([CREATE, FIND, FIND, LIST, CREATE]);
    expect(time.waits).toEqual([2000]);
    expect(warnings).toEqual([
      'Agent a was created by a second request: the first one got no complete answer (hub.invalid is away (EX)), and look-ups then proved that the agent did not exist. An unused certificate may exist in Insights Hub.',
    ]);
  });
});

describe('a list of certificates proves nothing if it', () => {
  test.each([
    ['is rejected', answer(403)],
    ['does not exist', answer(404)],
    ['is in no known shape', answer(200, { certificates: [{ clientId: 'mqtt1_a' }] })],
    ['shows others only', answer(200, [other])],
  ])('%s', async (_, reply) => {
    const { certificate } = await request([unclear, absent, absent, reply, created()]);
    expect(certificate).toMatchObject({ clientId: 'mqtt1_a' });
  });
});

describe('it is unknown whether a step created an agent', () => {
  const first = 'It is unknown whether this step created agent a: hub.invalid is away (EX).';
  const there = `An agent with client id mqtt1_a (agent id ${ID}) exists now.`;
  const twice = 'Two look-ups found no agent with client id mqtt1_a';
  const failed = 'The look-up of client id mqtt1_a failed.';
  const why = (what: string) =>
    `Why that failed: [forbidden] ${what} failed: Insights Hub does not allow this with these credentials. Looking up and deleting`;
  const whyLookUp = why('Looking up the agent with client id mqtt1_a');
  const proves =
    'The look-up of client id mqtt1_a found an agent whose record does not prove that client id.';
  const ifFound =
    'If it did not exist before, its private key is lost: delete it with the delete action, then run this step again.';
  const ifUnclear =
    'If the agent exists in Insights Hub but did not exist before, its private key is lost: delete it with the delete action. Then run this step again.';
  const ifAbsent =
    'Run this step again. If it then fails with `agent-exists`, delete the agent with the delete action first, because its private key is lost.';
  const certified = 'No agent with client id mqtt1_a exists, but a certificate for it does';
  const lost = 'If it did not exist before, its private key is lost: delete it';
  const byId = `${certified} (certificate id c1). ${lost} with the delete action by \`certificate-id\`, then run this step again.`;
  const again = `${first} Creating it again ended the same way: the service answered 502.`;

  /** The whole message, but for the rest of another failure's words. */
  const told = (message: string): unknown =>
    message.includes('Why that failed') ? expect.stringContaining(message) : message;

  const rows: Readonly<Record<string, readonly [readonly Reply[], string]>> = {
    'that exists after half an answer': [
      [cutShort, present],
      `It is unknown whether this step created agent a: the answer was cut short: it broke. ${there} ${ifFound}`,
    ],
    'that exists': [[unclear, present], `${first} ${there} ${ifFound}`],
    'that shows up late': [[unclear, absent, present], `${first} ${there} ${ifFound}`],
    'that is not proved': [[unclear, unproved], `${first} ${proves} ${ifUnclear}`],
    "that can't be looked up": [
      [unclear, answer(403)],
      `${first} ${failed} ${ifUnclear} ${whyLookUp}`,
    ],
    'whose certificate exists': [
      [unclear, absent, absent, answer(200, [{ id: 'c1', clientId: 'mqtt1_a' }])],
      `${first} ${byId}`,
    ],
    'whose certificate exists without a usable id': [
      [unclear, absent, absent, answer(200, [{ id: '../c1', clientId: 'mqtt1_a' }])],
      `${first} ${certified} (certificate id unknown). ${lost} in Insights Hub, then run this step again.`,
    ],
    'whose certificate may be on a page that could not be read': [
      [unclear, absent, absent, answer(200, { content: [other], last: false }), answer(403)],
      `${first} No agent with client id mqtt1_a exists, but the list of certificates could not be read completely. ${ifAbsent} ${why('Listing the certificates')}`,
    ],
    'whose second create is unclear, and whose certificate exists then': [
      [
        ...[unclear, absent, absent, noCertificates],
        ...[answer(502), absent, absent, answer(200, [{ id: 'c1', clientId: 'mqtt1_a' }])],
      ],
      `${again} ${byId}`,
    ],
    'whose second create is rejected because it exists': [
      [unclear, absent, absent, noCertificates, answer(409)],
      `${first} ${twice}, but creating it again failed, because it already exists. ${ifFound}`,
    ],
    'whose second create is rejected': [
      [unclear, absent, absent, noCertificates, answer(403)],
      `${first} ${twice}, and creating it again failed. ${ifAbsent} Why that failed: [forbidden] Insights Hub does not allow these credentials to create agent certificates. `,
    ],
    'whose second create is unclear, and which exists then': [
      [unclear, absent, absent, noCertificates, answer(502), present],
      `${again} ${there} ${ifFound}`,
    ],
    'whose second create is unclear, and which is absent even then': [
      [
        ...[unclear, absent, absent, noCertificates],
        ...[answer(502), absent, absent, noCertificates],
      ],
      `${again} ${twice}. ${ifAbsent}`,
    ],
  };
  test.each(Object.entries(rows))('%s', async (_, [script, message]) => {
    await expect(request(script)).rejects.toMatchObject({
      code: 'outcome-unknown',
      mayBeDone: true,
      call: { method: 'POST' },
      message: told(message),
    });
  });

  const ephemeral: Readonly<Record<string, readonly [readonly Reply[], string]>> = {
    'which exists': [
      [unclear, present],
      `${first} ${there} The post step deletes it. Run this step again.`,
    ],
    "which can't be looked up": [
      [unclear, answer(403)],
      `${first} ${failed} If the agent exists, the post step deletes it. Run this step again. ${whyLookUp}`,
    ],
    'which is absent': [
      [unclear, absent, absent, noCertificates, answer(502), absent, absent, noCertificates],
      `${again} ${twice}. If the agent shows up, the post step deletes it. Run this step again.`,
    ],
  };
  test.each(Object.entries(ephemeral))(
    'the post step deletes an ephemeral one %s',
    async (_, [script, message]) => {
      await expect(request(script, { ...agent, ephemeral: true })).rejects.toMatchObject({
        code: 'outcome-unknown',
        message: told(message),
      });
    },
  );

  test('but a second create whose answer can’t be used reports its own outcome', async () => {
    const useless = answer(201, { clientId: 'mqtt1_a' });
    await expect(request([unclear, absent, absent, noCertificates, useless])).rejects.toMatchObject(
      {
        code: 'response-invalid',
        message: expect.stringContaining('it contains no private key. Agent a now exists'),
      },
    );
  });

  test('the look-up has its own 30 s', async () => {
    const { http, services, limit } = start(unclear, present);
    http.onSend = () => limit.end();
    await expect(requestCertificate(agent, services, limit)).rejects.toThrow('exists now');
    const [, lookUp] = http.sent;
    expect(lookUp?.signal).not.toBe(limit.signal);
    // It is over with the request.
    expect(lookUp?.signal.aborted).toBe(true);
  });

  test.each<[string, readonly Reply[], string]>([
    ['is rejected', [answer(409)], 'agent-exists'],
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
    const { services, limit } = start(reply);
    await refuseExisting(agent, services, limit);
  };

  test('is created if it does not exist', async () => {
    await refuse(absent);
  });

  test('is not created if it exists', async () => {
    await expect(refuse(present)).rejects.toMatchObject({
      code: 'agent-exists',
      message:
        'Agent a already exists (client id mqtt1_a). With `ephemeral`, it would be deleted after the job, so nothing was created. Choose another name, or delete that agent first with the delete action.',
    });
  });

  test('is not created if that is unknown', async () => {
    await expect(refuse(unproved)).rejects.toMatchObject({
      code: 'response-invalid',
      message:
        'It is unknown whether agent a already exists: the look-up of client id mqtt1_a found an agent whose record does not prove that client id. With `ephemeral`, an agent is created only if it certainly did not exist before. Look at client id mqtt1_a in Insights Hub, or choose another name.',
    });
  });
});
