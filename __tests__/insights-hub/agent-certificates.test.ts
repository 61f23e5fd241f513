import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { type IssuedPair, ServerAuthority } from '../../sandbox/insights-hub/authority.ts';
import type { Exchange } from '../../src/http/exchange.ts';
import { sendCreate } from '../../src/insights-hub/agent-certificates.ts';
import { masksOfPrivateKey } from '../../src/key-pair/masks.ts';
import { Secret } from '../../src/secret.ts';
import { agent, answer, broken, noAnswer, start } from './services.ts';

let pair: IssuedPair;
let other: IssuedPair;
beforeAll(async () => {
  // Their keys are made at once, and any pair will do here.
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

async function create(exchange: Exchange, request = agent) {
  const started = start(exchange);
  const creation = await sendCreate(request, started.services, started.limit);
  return { ...started, creation };
}

/** What was issued, with its key. */
async function issued(body: object, request = agent) {
  const { creation, masked } = await create(answer(201, body), request);
  if (creation.kind !== 'issued') throw new Error(creation.kind);
  const { privateKey, ...certificate } = creation.certificate;
  return { ...certificate, privateKey: privateKey.reveal(), masked };
}

const masksOf = (pem: string) => masksOfPrivateKey(new Secret(pem)).map((mask) => mask.reveal());

describe('the request', () => {
  test('names the agent, and is finished once it is sent', async () => {
    const { http, limit } = await create(answer(201, flat()));
    expect(http.sent).toEqual([
      expect.objectContaining({
        call: 'POST /mindconnectmqtt/agentCertificates',
        body: '{"name":"a"}',
      }),
    ]);
    expect(http.sent[0]?.signals[0]).toBe(limit.signal);
    expect(http.sent[0]?.signals[1]).toBe(limit.graceSignal);
  });

  test('names the owner, where there is one', async () => {
    const { http } = await create(answer(201, flat()), { ...agent, owner: 'me@b.c' });
    expect(http.sent[0]?.body).toBe('{"name":"a","owner":"me@b.c"}');
  });

  test.each([
    [300, 4.9, 0],
    [300, 5.5, 1],
    [10, 1.9, 0],
    [10, 2.5, 1],
  ])('of a limit of %i s is sent with %d s left: %i', async (seconds, left, requests) => {
    const { http, services, limitOf } = start(answer(201, flat()));
    const limit = limitOf(seconds, (seconds - left) * 1000);
    const creation = sendCreate(agent, services, limit);
    if (requests === 1) expect(await creation).toMatchObject({ kind: 'issued' });
    else await expect(creation).rejects.toMatchObject({ code: 'timeout' });
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

  test('has its key encrypted, where there is a passphrase, and masked in both forms', async () => {
    const passphrase = new Secret('open sesame');
    const { privateKey, masked } = await issued(flat(), { ...agent, passphrase });
    expect(privateKey).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const opened = createPrivateKey({ key: privateKey, passphrase: passphrase.reveal() });
    expect(opened.export({ type: 'pkcs8', format: 'pem' })).toBe(pair.privateKey);
    expect(masked).toEqual([...masksOf(pair.privateKey), ...masksOf(privateKey)]);
  });

  test('has its key hidden in text from then on', async () => {
    const { services } = await create(answer(201, flat()));
    const [, line = ''] = pair.privateKey.split('\n');
    expect(services.secrets.redact(line.slice(0, 30))).toBe('***');
  });

  test.each<[string, object, object, readonly string[]]>([
    ['a control character', { clientId: 'a\u0007b' }, { clientId: 'a b' }, ['clientId']],
    ['a secret', { agentId: 'my-sesame-7' }, { agentId: 'my-***-7' }, ['agentId']],
    ['what may be one', { id: 'x'.repeat(40) }, { certificateId: '***' }, ['id']],
    [
      '256 characters',
      { agentName: 'a '.repeat(127).concat('aa') },
      { agentName: 'a '.repeat(127).concat('aa') },
      [],
    ],
    ['257 characters', { agentName: 'a '.repeat(128).concat('a') }, { agentName: undefined }, []],
    ['nothing', { agentName: '' }, { agentName: undefined }, []],
    ['another type', { agentName: 5 }, { agentName: undefined }, []],
  ])('may have an identifier with %s', async (_, more, shown, altered) => {
    const { services, limit } = start(answer(201, flat(more)));
    services.secrets.mask([new Secret('sesame')]);
    const creation = await sendCreate(agent, services, limit);
    expect(creation).toMatchObject({ kind: 'issued', certificate: { ...shown, altered } });
  });

  test('may have a long client id, if it is the expected one', async () => {
    const clientId = `mqtt1_${'x'.repeat(60)}`;
    const { altered } = await issued(flat({ clientId }), { ...agent, expectedClientId: clientId });
    expect(altered).toEqual([]);
  });
});

describe('an answer that can not be used', () => {
  const whole: Readonly<Record<string, readonly [() => Exchange, string, string]>> = {
    'is too large': [
      () => broken(201, 'too-large'),
      'response-invalid',
      "The answer to the create can't be used: it is larger than 1 MiB.",
    ],
    'is no JSON': [
      () => answer(201, '<html>'),
      'response-invalid',
      "The answer to the create can't be used: it is not a JSON object.",
    ],
    'has no private key': [
      () => answer(201, flat({ privateKey: '' })),
      'response-invalid',
      "The answer to the create can't be used: it holds no private key.",
    ],
    'has no certificate': [
      () => answer(201, flat({ publicKey: undefined })),
      'response-invalid',
      "The answer to the create can't be used: it holds no certificate.",
    ],
    'has no client id': [
      () => answer(201, flat({ clientId: null })),
      'response-invalid',
      "The answer to the create can't be used: it holds no client id.",
    ],
    'has a key that does not parse': [
      () => answer(201, flat({ privateKey: 'no-key?' })),
      'response-invalid',
      'The private key in the answer is no PEM private key.',
    ],
    'has the key of another certificate': [
      () => answer(201, flat({ privateKey: other.privateKey })),
      'key-mismatch',
      "The private key is not the certificate's.",
    ],
  };

  test.each(Object.entries(whole))('%s: the agent is there, its key is lost', async (_, row) => {
    const [exchange, code, why] = row;
    const lost = `${why} Agent a exists now, and its private key is lost.`;
    await expect(create(exchange())).rejects.toMatchObject({
      code,
      message: `${lost} End the agent with client id mqtt1_a (the delete action does) before you create it again.`,
      mayBeDone: true,
      call: { method: 'POST', status: 201, said: {} },
    });
    await expect(create(exchange(), { ...agent, ephemeral: true })).rejects.toMatchObject({
      code,
      message: `${lost} The post step ends it. Run this step again.`,
    });
  });

  test('has what may be a key masked all the same', async () => {
    const { services, limit, masked } = start(
      answer(201, flat({ clientId: '', privateKey: 'ThisMayBeAKey, of some unknown kind?' })),
    );
    await expect(sendCreate(agent, services, limit)).rejects.toThrow('client id');
    expect(masked).toContain('ThisMayBeAKey, of some unknown kind?');
    expect(services.secrets.redact('ThisMayBeAKey, of some unknown kind?')).toBe('***');
  });
});

describe('a create', () => {
  const soon = { 'retry-after': '1' };
  test.each<[string, Exchange]>([
    ['was not sent', noAnswer(false)],
    ['was answered with 408', answer(408)],
    ['was answered with 425', answer(425)],
    ['was answered with 429', answer(429)],
    ['was answered with 403 and Retry-After', answer(403, '', soon)],
    ['was answered with 503 and Retry-After', answer(503, '', soon)],
  ])('is sent again when it %s', async (_, exchange) => {
    const { http, services, limit } = start(exchange, answer(201, flat()));
    expect(await sendCreate(agent, services, limit)).toMatchObject({ kind: 'issued' });
    expect(http.calls).toHaveLength(2);
  });

  test.each<[string, Exchange, string]>(
    [
      ['no answer', noAnswer(true), 'hub.invalid is away (EX)'],
      ...[500, 502, 503, 504, 501].map(
        (status) => [String(status), answer(status), `the service answered ${status}`] as const,
      ),
      ['500 and Retry-After', answer(500, '', soon), 'the service answered 500'],
      ['a broken error', broken(500, 'cut-off'), 'the answer broke'],
      ['half an answer', broken(201, 'cut-off'), 'the answer broke'],
    ].map((row) => row as [string, Exchange, string]),
  )('is unclear, and not sent again, after %s', async (_, exchange, why) => {
    const { creation, http } = await create(exchange);
    const status = exchange.kind === 'no-answer' ? {} : { status: exchange.status };
    expect(creation).toEqual({
      kind: 'unclear',
      why,
      call: expect.objectContaining({ method: 'POST', ...status }),
    });
    expect(http.calls).toHaveLength(1);
  });

  const tooMany = 'Creating agent a was refused because of too many requests. Try again later.';
  test.each([
    [
      401,
      'unauthorized',
      'Insights Hub did not accept the token. Check that it was issued for this tenant and has not expired: tokens live for about 30 minutes.',
    ],
    [
      403,
      'forbidden',
      'Insights Hub does not allow these credentials to create agent certificates. Ask an administrator of the tenant to look at their roles; a candidate is mdsp:core:mindconnect.fullaccess.',
    ],
    [409, 'agent-exists', 'Agent a exists already. Choose another name, or end that agent first.'],
    [
      400,
      'request-rejected',
      'Creating agent a was rejected. Check the inputs against what the server says.',
    ],
    [
      302,
      'request-rejected',
      'Creating agent a was answered with a redirect, which is never followed. The tenant may have moved to other hosts: set `api-url` and `token-url`.',
    ],
    [429, 'rate-limited', tooMany],
  ])('that is refused to the end with %i is %s', async (status, code, message) => {
    const refused = answer(status, { error: 'e', error_description: 'words' });
    const { services, limit } = start(...Array.from({ length: 5 }, () => refused));
    await expect(sendCreate(agent, services, limit)).rejects.toMatchObject({
      code,
      message,
      mayBeDone: false,
      call: { status, said: { code: 'e', message: 'words' } },
    });
  });
});
