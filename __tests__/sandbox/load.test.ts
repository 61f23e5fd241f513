import { createPrivateKey, X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { type HubOptions, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { makePairs } from '../../sandbox/insights-hub/pairs.ts';
import { TokenBucket } from '../../sandbox/insights-hub/rate-limit.ts';

const started: InsightsHub[] = [];

async function start(options: HubOptions = {}) {
  const hub = await InsightsHub.start(options);
  started.push(hub);
  return hub;
}

afterEach(async () => {
  for (const hub of started.splice(0)) await hub.stop();
});

function create(hub: InsightsHub, name: string, token: string): Promise<Response> {
  return fetch(`${hub.origin}/api/mindconnectmqtt/v3/agentCertificates`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ name }),
  });
}

describe('a token bucket', () => {
  test('lets a burst through, then says when to call again', () => {
    let now = 0;
    const bucket = new TokenBucket({ perSecond: 0.4, burst: 2 }, () => now);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([undefined, undefined, 3]);
    now = 1000;
    expect(bucket.take()).toBe(2);
    now = 2500;
    expect([bucket.take(), bucket.take()]).toEqual([undefined, 3]);
  });

  test('never lets more than a burst through, even after a long pause', () => {
    let now = 0;
    const bucket = new TokenBucket({ perSecond: 100, burst: 1 }, () => now);
    now = 3600_000;
    expect([bucket.take(), bucket.take()]).toEqual([undefined, 1]);
  });
});

describe('a hub under load', () => {
  test('responds with 429 over its limit, as a gateway does, but never to token requests', async () => {
    // No key has to be generated, so that both calls come within the same second.
    const hub = await start({ rateLimit: { perSecond: 0.1, burst: 1 }, pairs: await makePairs(1) });
    const token = hub.issueToken();
    expect((await create(hub, 'a', token)).status).toBe(201);
    const refused = await create(hub, 'b', token);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('10');
    expect(await refused.json()).toEqual({ message: 'API rate limit exceeded' });
    expect((await fetch(`${hub.origin}/mqtt1/oauth/token`, { method: 'POST' })).status).toBe(401);
    expect([...hub.agents.keys()]).toEqual(['mqtt1_a']);
    expect(hub.mostInFlight).toBe(1);
    expect(hub.replies.map(({ reply }) => reply.status)).toEqual([201, 429, 401]);
  });

  test('delays all responses in parallel, and counts the creates', async () => {
    const pairs = await makePairs(2);
    const hub = await start({ latency: 1000, pairs });
    const token = hub.issueToken();
    const began = performance.now();
    const names = ['a', 'b', 'c', 'd', 'e'];
    const answers = await Promise.all(names.map((name) => create(hub, name, token)));
    const took = performance.now() - began;
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(took).toBeGreaterThanOrEqual(995);
    expect([hub.inFlight, hub.mostInFlight]).toEqual([0, 5]);
  });

  test('hands out given key pairs in turn', async () => {
    const pairs = await makePairs(2);
    for (const { privateKey, certificate } of pairs) {
      expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))).toBe(
        true,
      );
    }
    expect(pairs[0]?.privateKey).not.toBe(pairs[1]?.privateKey);
    const hub = await start({ pairs });
    for (const name of ['a', 'b', 'c']) await create(hub, name, hub.issueToken());
    expect(hub.issued).toEqual([pairs[0], pairs[1], pairs[0]]);
    hub.faults.push({ at: 'create', fault: { kind: 'expired' }, times: 1 });
    await create(hub, 'd', hub.issueToken());
    expect(pairs).not.toContainEqual(hub.issued[3]);
  });

  test('rejects its tokens on request, but still lists them', async () => {
    const hub = await start({ pairs: await makePairs(1) });
    const old = hub.issueToken();
    hub.expireTokens();
    expect((await create(hub, 'a', old)).status).toBe(401);
    expect((await create(hub, 'a', hub.issueToken())).status).toBe(201);
    expect(hub.tokens).toContain(old);
  });
});
