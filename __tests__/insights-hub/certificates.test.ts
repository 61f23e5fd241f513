import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import { asFailure } from '../../src/failure.ts';
import { createCertificate } from '../../src/insights-hub/certificates.ts';
import { keepIssuedKey } from '../../src/keys/masks.ts';
import { deriveLock, type KeyLock } from '../../src/keys/pbes2.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import {
  agent,
  answer,
  cutShort,
  noAnswer,
  type Reply,
  start,
  startAs,
  technicalUser,
  tooLarge,
} from './services.ts';

let pair: IssuedPair;
let other: IssuedPair;
beforeAll(async () => {
  // Their keys are quick to generate, and any pair will do here.
  const authority = await ServerAuthority.create();
  const names = { names: ['a'], notAfter: new Date('2049-12-31T23:59:59Z') };
  pair = await authority.issueServer(names);
  other = await authority.issueServer(names);
});

/** An answer in the first of the two shapes. */
const flat = (more: object = {}) => ({
  id: '01G16QJSRNKA3JD4DQE2Z7KPEK',
  agentName: 'a',
  clientId: 'mqtt1_a',
  agentId: '9eyf37799b5949099a5287a547f8e001',
  publicKey: pair.certificate,
  privateKey: pair.privateKey,
  ...more,
});

async function create(reply: Reply, request = agent) {
  const started = start(reply);
  started.secrets.mask([new Secret('sesame'), new Secret('correct-horse-battery-staple')]);
  started.masked.length = 0;
  const issued = await createCertificate(request, started.services, started.limit);
  return { ...started, issued };
}

/** What was issued, with its keys. */
async function issued(body: object, request = agent) {
  const { issued, masked } = await create(answer(201, body), request);
  const { privateKey, plainKey } = issued;
  return { ...issued, privateKey: privateKey.reveal(), plainKey: plainKey.reveal(), masked };
}

function masksOf(pem: string, lock?: KeyLock): readonly string[] {
  const masks: string[] = [];
  const secrets = new KnownSecrets((values) => masks.push(...values));
  keepIssuedKey(pem, { format: 'issued', lock }, secrets);
  return masks;
}

describe('the request', () => {
  test('names the agent, and is finished once it is sent', async () => {
    const { http, limit } = await create(answer(201, flat()));
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /mindconnectmqtt/agentCertificates',
        body: '{"name":"a"}',
      }),
    ]);
    expect(http.sent[0]?.signal).toBe(limit.signal);
    expect(http.sent[0]?.sentSignal).toBe(limit.graceSignal);
  });

  test('names the owner, if there is one', async () => {
    const { http } = await create(answer(201, flat()), { ...agent, owner: 'me@b.c' });
    expect(http.sent[0]?.body).toBe('{"name":"a","owner":"me@b.c"}');
  });

  test.each([
    [300, 4.999, 0],
    [300, 5, 1],
    [10, 1.999, 0],
    [10, 2, 1],
  ])('with a limit of %i s is sent with %d s left: %i', async (seconds, left, requests) => {
    const { http, services, limitOf } = start(answer(201, flat()));
    const creation = createCertificate(agent, services, limitOf(seconds, left));
    if (requests === 1) expect(await creation).toMatchObject({ name: 'a' });
    else await expect(creation).rejects.toMatchObject({ code: 'timeout', mayBeDone: false });
    expect(http.calls).toHaveLength(requests);
  });
});

describe('an answer', () => {
  const facts = () => ({
    name: 'a',
    clientId: 'mqtt1_a',
    altered: [],
    certificate: pair.certificate,
    fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
    expiresAt: new Date('2049-12-31T23:59:59Z'),
    privateKey: pair.privateKey,
    plainKey: pair.privateKey,
    masked: masksOf(pair.privateKey),
  });

  test('is read in its first shape', async () => {
    expect(await issued(flat())).toEqual({
      ...facts(),
      agentId: '9eyf37799b5949099a5287a547f8e001',
      agentName: 'a',
      certificateId: '01G16QJSRNKA3JD4DQE2Z7KPEK',
    });
  });

  test('is read in its second shape', async () => {
    const { certificate: certificatePem, privateKey } = pair;
    const body = { clientId: 'mqtt1_a', credentials: { privateKey, certificatePem } };
    expect(await issued(body)).toEqual(facts());
  });

  test.each<[string, (pem: string) => string]>([
    ['CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
    ['escaped', (pem) => pem.replaceAll('\n', '\\n')],
    ['no last', (pem) => pem.trimEnd()],
  ])('is read with %s line ends', async (_, write) => {
    const { privateKey, publicKey } = flat();
    const body = flat({ privateKey: write(privateKey), publicKey: write(publicKey) });
    expect(await issued(body)).toMatchObject(facts());
  });

  test('has every key in it masked, of which the first one counts', async () => {
    const credentials = { privateKey: other.privateKey, certificatePem: other.certificate };
    const { privateKey, certificate, masked } = await issued(flat({ credentials }));
    expect([privateKey, certificate]).toEqual([pair.privateKey, pair.certificate]);
    expect(masked).toEqual([...masksOf(pair.privateKey), ...masksOf(other.privateKey)]);
  });

  test('has its key stored as PKCS#8, if wanted', async () => {
    const older = createPrivateKey(pair.privateKey).export({ type: 'sec1', format: 'pem' });
    const body = flat({ privateKey: older });
    expect(await issued(body)).toMatchObject({ privateKey: older, plainKey: older });
    const { privateKey, plainKey } = await issued(body, { ...agent, keyFormat: 'pkcs8' });
    expect([privateKey, plainKey]).toEqual([pair.privateKey, older]);
  });

  test('has its key encrypted, if there is a passphrase, and masked in both forms', async () => {
    const passphrase = new Secret('open sesame');
    const { privateKey, plainKey, masked } = await issued(flat(), { ...agent, passphrase });
    expect(plainKey).toBe(pair.privateKey);
    expect(privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const opened = createPrivateKey({ key: privateKey, passphrase: passphrase.reveal() });
    expect(opened.export({ type: 'pkcs8', format: 'pem' })).toBe(pair.privateKey);
    const all = privateKey.trimEnd().split('\n').slice(1, -1);
    const lines = all.filter(({ length }) => length >= 16);
    // Those of the encrypted key are never the same twice.
    const plain = masksOf(pair.privateKey, await deriveLock(passphrase)).slice(lines.length);
    expect(masked).toEqual([...lines, ...plain]);
  });
});

describe('an identifier', () => {
  /** Of the key in the answer, behind what all keys of its kind begin with. */
  const piece = (length: number) => pair.privateKey.split('\n')[1]?.slice(8, 8 + length);

  test.each<[string, () => object, object, readonly string[]]>([
    ['a control character', () => ({ clientId: 'a\u0007b' }), { clientId: 'a b' }, ['clientId']],
    ['a secret', () => ({ agentId: 'my-sesame-7' }), { agentId: 'my-***-7' }, ['agentId']],
    [
      '16 characters of a secret',
      () => ({ agentName: '7horse-battery-st7' }),
      { agentName: '7***7' },
      ['agentName'],
    ],
    [
      '16 characters of the key',
      () => ({ id: `.${piece(16)}.` }),
      { certificateId: '.***.' },
      ['id'],
    ],
  ])('is cleaned of %s', async (_, more, shown, altered) => {
    expect(await issued(flat(more()))).toMatchObject({ ...shown, altered });
  });

  test.each<[string, () => string]>([
    ['of 40 characters', () => 'x'.repeat(40)],
    ['that looks like a token', () => 'A1b2'.repeat(15)],
    ['that begins like a key', () => 'MIIEowIBAAKCAQEAx'],
    ['with 15 characters of a secret', () => '7horse-battery-s7'],
    ['with 15 characters of the key', () => `.${piece(15)}.`],
    ['of 256 characters', () => 'a '.repeat(127).concat('aa')],
  ])('is shown unchanged: one %s', async (_, id) => {
    const ids = { clientId: id(), agentId: id(), agentName: id(), id: id() };
    const { clientId, agentId, agentName, certificateId, altered } = await issued(flat(ids));
    expect({ clientId, agentId, agentName, id: certificateId, altered }).toEqual({
      ...ids,
      altered: [],
    });
  });

  test.each([
    ['of 257 characters', 'a '.repeat(128).concat('a')],
    ['that is too long even to be cleaned', 'sesame '.repeat(2400)],
    ['that is empty', ''],
    ['of another type', 5],
  ])('is missing: one %s', async (_, agentName) => {
    expect(await issued(flat({ agentName }))).toMatchObject({ agentName: undefined, altered: [] });
  });
});

describe('an answer that can’t be used', () => {
  const cannot = "The answer to the create request can't be used:";
  const rows: readonly (readonly [string, () => Reply, string, string])[] = [
    ['is too large', () => tooLarge, 'response-invalid', `${cannot} it is larger than 1 MiB.`],
    [
      'is not JSON',
      () => answer(201, '<html>'),
      'response-invalid',
      `${cannot} it is not a JSON object.`,
    ],
    [
      'has no private key',
      () => answer(201, flat({ privateKey: '' })),
      'response-invalid',
      `${cannot} it contains no private key.`,
    ],
    [
      'has too long a private key',
      () => answer(201, flat({ privateKey: 'A'.repeat(16 * 1024 + 1) })),
      'response-invalid',
      `${cannot} its private key is too long.`,
    ],
    [
      'has no certificate',
      () => answer(201, flat({ publicKey: undefined })),
      'response-invalid',
      `${cannot} it contains no certificate.`,
    ],
    [
      'has no client id',
      () => answer(201, flat({ clientId: null })),
      'response-invalid',
      `${cannot} it contains no client id.`,
    ],
    [
      'has a key that does not parse',
      () => answer(201, flat({ privateKey: 'no-key?' })),
      'response-invalid',
      'The private key in the answer is not a PEM private key.',
    ],
    [
      'has the key of another certificate',
      () => answer(201, flat({ privateKey: other.privateKey })),
      'key-mismatch',
      'The private key does not belong to the certificate.',
    ],
  ];

  test.each(rows)('%s: the agent exists, its key is lost', async (_, reply, code, why) => {
    const lost = `${why} Agent a now exists, and its private key is lost.`;
    const failure = await create(reply()).catch(asFailure);
    expect(failure).toMatchObject({
      code,
      message: `${lost} Delete the agent with client id mqtt1_a with the delete action, then run this step again.`,
      mayBeDone: true,
      call: { method: 'POST', status: expect.any(Number) },
    });
    // What a success says may be a key.
    expect(failure).not.toHaveProperty('call.said.message');
    await expect(create(reply(), { ...agent, ephemeral: true })).rejects.toMatchObject({
      code,
      message: `${lost} The post step deletes it. Run this step again.`,
    });
  });

  test('still has masked what may be a key', async () => {
    const privateKey = 'ThisMayBeAKey, of some unknown kind?';
    const { services, limit, masked } = start(answer(201, flat({ clientId: '', privateKey })));
    await expect(createCertificate(agent, services, limit)).rejects.toThrow('client id');
    expect(masked).toEqual(masksOf(privateKey));
  });

  test('is not that of the token request', async () => {
    const { services, limit } = startAs(technicalUser, tooLarge);
    await expect(createCertificate(agent, services, limit)).rejects.toMatchObject({
      message: "The token request got an answer that can't be used.",
      mayBeDone: false,
    });
  });
});

describe('a create', () => {
  const soon = { 'retry-after': '1' };
  test.each<[string, Reply]>([
    ['was not sent', noAnswer({ sent: false })],
    ['was answered with 408', answer(408)],
    ['was answered with 425', answer(425)],
    ['was answered with 429', answer(429)],
    ['was answered with 403 and Retry-After', answer(403, '', soon)],
    ['was answered with 503 and Retry-After', answer(503, '', soon)],
  ])('is retried when it %s', async (_, reply) => {
    const { http, services, limit } = start(reply, answer(201, flat()));
    expect(await createCertificate(agent, services, limit)).toMatchObject({ name: 'a' });
    expect(http.calls).toHaveLength(2);
  });

  test.each<[string, Reply, object]>([
    ['no answer', noAnswer({ sent: true }), { reason: 'hub.invalid is away (EX)' }],
    ['half an answer', cutShort, { reason: 'the answer was cut short: it broke' }],
    ['500 and Retry-After', answer(500, '', soon), { status: 500 }],
    ...[500, 502, 503, 504, 501].map((status): [string, Reply, object] => [
      String(status),
      answer(status),
      { status },
    ]),
  ])('may have been processed, and is not retried, after %s', async (_, reply, call) => {
    for (const isTimeOver of [false, true]) {
      const { http, services, limit } = start(reply);
      if (isTimeOver) http.onSend = () => limit.end();
      await expect(createCertificate(agent, services, limit)).rejects.toMatchObject({
        ...{ code: 'unavailable', mayBeDone: true },
        call: { method: 'POST', ...call },
      });
      expect(http.calls).toHaveLength(1);
    }
  });

  const tooMany =
    'Creating agent a was rejected because of too many requests. Try again later. For 10 minutes, the service has asked to retry every call of this kind later';
  test.each([
    [
      401,
      'unauthorized',
      'Insights Hub rejected the token. Check that it was issued for this tenant and has not expired: tokens are valid for about 30 minutes.',
    ],
    [
      403,
      'forbidden',
      'Insights Hub does not allow these credentials to create agent certificates. Ask an administrator of the tenant to check their roles: mdsp:core:mindconnect.fullaccess may be missing. Also check that no proxy removes the Authorization header: without a token, the answer can be the same.',
    ],
    [
      409,
      'agent-exists',
      'Agent a already exists. Choose another name, or delete that agent first with the delete action.',
    ],
    [
      400,
      'request-rejected',
      "Creating agent a was rejected. Check the inputs against the server's message.",
    ],
    [
      302,
      'request-rejected',
      'Creating agent a was answered with a redirect, which the action never follows. The tenant may have moved to other hosts: set `api-url` and `token-url`.',
    ],
    [429, 'rate-limited', `${tooMany} and now asks to wait another 300 s.`],
  ])('that is finally rejected with %i is %s', async (status, code, message) => {
    const body = { error: 'e', error_description: 'words' };
    const refused = answer(status, body, status === 429 ? { 'retry-after': '300' } : {});
    const { services, limit } = start(...Array.from({ length: 3 }, () => refused));
    await expect(createCertificate(agent, services, limit)).rejects.toMatchObject({
      code,
      message,
      mayBeDone: false,
      call: { status, said: { code: 'e', message: 'words' } },
    });
  });
});
