import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/create/fate.ts';
import { detailsOf, logLineOf } from '../../src/create/log.ts';
import { Failure } from '../../src/failure.ts';

const agent: Agent = {
  name: 'device001',
  agentId: 'id1',
  clientId: 'mqtt1_device001',
  fingerprint: 'AB:CD',
  expiresAt: '2049-12-31T23:59:59.000Z',
  privateKeyPath: '/w/a.key',
  certificatePath: '/w/a.pem',
};
const FACTS = 'client id mqtt1_device001, certificate valid until 2049-12-31';

const secrets = {
  mask: () => {},
  maskKey: () => {},
  redact: (text: string) => text.replaceAll('hunter2', '***'),
};
const one = { several: false, secrets };
const several = { several: true, secrets };

describe('the log line', () => {
  test('of an agent that was made holds what matters, and how long it took', () => {
    expect(logLineOf({ agent }, one)).toBe(`Created agent device001: ${FACTS}`);
    expect(logLineOf({ agent }, several)).toBe(`Created agent device001: ${FACTS}`);
    expect(logLineOf({ agent, isVerified: true, milliseconds: 1249 }, one)).toBe(
      `Created agent device001: ${FACTS}, connection accepted by the broker, 1.2 s`,
    );
  });

  test('of an agent that was skipped tells no time', () => {
    const line = logLineOf({ agent, isSkipped: true, milliseconds: 1 }, one);
    expect(line).toBe(`Skipped agent (its files are there) device001: ${FACTS}`);
  });

  test('leaves out what is not known', () => {
    const { expiresAt: _at, ...known } = agent;
    expect(logLineOf({ agent: known }, one)).toBe(
      'Created agent device001: client id mqtt1_device001',
    );
  });

  const call = {
    method: 'POST',
    url: new URL('https://hub.invalid/a?b=c'),
    status: 409,
    said: { message: 'it is\n::error::hunter2' },
  };
  const failure = new Failure('agent-exists', 'It is there.', { call });

  test('of one that failed names the code only, where the step says the rest', () => {
    const line = logLineOf({ agent: { name: 'a' }, failure }, one);
    expect(line).toMatch(/^Failed: agent a\W+agent-exists\W*$/);
  });

  test('of one of several tells why, on one line and without secrets', () => {
    const line = logLineOf({ agent: { name: 'a' }, failure }, several);
    expect(line).toMatch(/^Failed: agent a\b/);
    expect(line).toContain(
      '[agent-exists] It is there. (HTTP 409, POST https://hub.invalid/a, the server says "it is ::error::***")',
    );
    expect(line).not.toContain('\n');
  });

  test.each([one, several])('of one that failed late tells what there is all the same', (how) => {
    const late = new Failure('delivery-failed', 'The disk is full.');
    const line = logLineOf({ agent, failure: late }, how);
    expect(line).toMatch(/^Failed: agent device001\b.*\[delivery-failed\]/);
    expect(line).toContain(FACTS);
    expect(line.includes('The disk is full.')).toBe(how.several);
  });
});

describe('the details', () => {
  test('of an agent hold what its line leaves out', () => {
    const settings = [{ kind: 'secret', name: 'A_PRIVATE_KEY', place: 'repository o/r' }] as const;
    expect(detailsOf({ agent: { ...agent, certificateId: 'c1' }, settings })).toBe(
      'Agent device001: agent id id1, certificate id c1, SHA-256 AB:CD, private key in /w/a.key, certificate in /w/a.pem, secret A_PRIVATE_KEY of repository o/r',
    );
  });

  test('of an agent that was not made are none', () => {
    expect(detailsOf({ agent: { name: 'device001' } })).toBeUndefined();
  });
});
