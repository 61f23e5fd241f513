import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/create/fate.ts';
import { logLineOf } from '../../src/create/log.ts';
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
const FACTS =
  'client id mqtt1_device001, agent id id1, certificate valid until 2049-12-31, SHA-256 AB:CD, private key in /w/a.key, certificate in /w/a.pem';

const secrets = {
  mask: () => {},
  maskKey: () => {},
  redact: (text: string) => text.replaceAll('hunter2', '***'),
};
const one = { several: false, secrets };
const several = { several: true, secrets };

describe('the log line', () => {
  test('of an agent that was made holds all there is to know', () => {
    expect(logLineOf({ agent }, one)).toBe(`Created agent device001: ${FACTS}`);
    expect(logLineOf({ agent }, several)).toBe(`Created agent device001: ${FACTS}`);
  });

  test('leaves out what is not known', () => {
    const { agentId: _id, privateKeyPath: _key, certificatePath: _pem, ...known } = agent;
    expect(logLineOf({ agent: known }, one)).toBe(
      'Created agent device001: client id mqtt1_device001, certificate valid until 2049-12-31, SHA-256 AB:CD',
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
