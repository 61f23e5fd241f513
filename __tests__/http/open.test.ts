import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../src/http/clock.ts';
import { openHttp } from '../../src/http/open.ts';
import { orAborted } from '../../src/http/or-aborted.ts';
import { VERSION } from '../../src/version.ts';

const never = () => new AbortController().signal;

test('the client of a step says who it is, and tells developers of each attempt', async () => {
  const agents: unknown[] = [];
  const server = createServer(({ headers }, response) => {
    agents.push(headers['user-agent']);
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const told: string[] = [];
  const http = openHttp({ http: undefined, https: undefined, direct: [] }, (line) => {
    told.push(line);
  });
  try {
    const url = new URL(`${origin}/a?token=secret`);
    await http.send({ method: 'GET', url, headers: {} }, never());
  } finally {
    http.close();
    await new Promise((resolve) => server.close(resolve));
  }
  expect(agents).toEqual([`insights-hub-agent-certificate/${VERSION}`]);
  expect(told).toEqual([
    expect.stringMatching(/^GET http:\/\/127\.0\.0\.1:\d+\/a: HTTP 503, attempt 1, \d+ ms$/),
  ]);
});

describe('waiting', () => {
  test('ends after its time, or at once when it is not wanted any more', async () => {
    await systemClock.sleep(1, never());
    const enough = new AbortController();
    const waiting = systemClock.sleep(1e8, enough.signal);
    enough.abort();
    await waiting;
    await systemClock.sleep(1e8, AbortSignal.abort());
  });

  test("is by the machine's time and chance", () => {
    const before = Date.now();
    expect(systemClock.now()).toBeGreaterThanOrEqual(before);
    expect(systemClock.now()).toBeLessThanOrEqual(Date.now());
    const chances = Array.from({ length: 5 }, () => systemClock.random());
    expect(new Set(chances).size).toBe(5);
    for (const chance of chances) expect(chance >= 0 && chance < 1).toBe(true);
  });
});

describe('what may be aborted', () => {
  test('gives its result, or its failure', async () => {
    expect(await orAborted(Promise.resolve(7), never())).toBe(7);
    await expect(orAborted(Promise.reject(new Error('own')), never())).rejects.toThrow('own');
  });

  test('fails with the reason of the signal, now or later', async () => {
    const pending = new Promise<never>(() => {});
    const before = AbortSignal.abort(new Error('enough'));
    await expect(orAborted(pending, before)).rejects.toThrow('enough');
    const later = new AbortController();
    const waiting = orAborted(pending, later.signal);
    later.abort(new Error('enough now'));
    await expect(waiting).rejects.toThrow('enough now');
  });
});
