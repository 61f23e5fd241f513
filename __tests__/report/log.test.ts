import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { countProgress, detailsOf, lineOf, lineOfCertificate } from '../../src/report/log.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import { agentOf, created, SECRET } from './agents.ts';

const agent = agentOf('a');
const FACTS = 'client id mqtt1-a, certificate valid until 2049-12-31';

const secrets = new KnownSecrets(() => {});
secrets.mask([new Secret('hunter2')]);
const one = { several: false, secrets };
const several = { several: true, secrets };

describe('the line of an agent', () => {
  test('that was created contains what matters, and how long it took', () => {
    expect(lineOf(created('a'), one)).toBe(`Created agent a: ${FACTS}`);
    expect(lineOf(created('a'), several)).toBe(`Created agent a: ${FACTS}`);
    expect(lineOf({ ...agent, state: 'connected', ms: 1249 }, one)).toBe(
      `Created agent a: ${FACTS}, connection accepted by the broker, 1.2 s`,
    );
  });

  test('that was skipped has no time', () => {
    expect(lineOf({ ...agent, state: 'skipped', ms: 1 }, one)).toBe(
      `Skipped agent (its files exist) a: ${FACTS}`,
    );
  });

  test('leaves out what is not known', () => {
    const certificate = { ...agent.certificate, expiresAt: undefined };
    expect(lineOf({ ...created('a'), certificate }, one)).toBe(
      'Created agent a: client id mqtt1-a',
    );
    expect(lineOf({ name: 'a', state: 'checked' }, one)).toBe('Checked agent a');
  });

  test('that was deleted has its id, and the deleted secrets', () => {
    const { name, ids } = agent;
    expect(lineOf({ name, ids, state: 'deleted', deletedSettings: [SECRET], ms: 50 }, one)).toBe(
      'Deleted agent a: client id mqtt1-a, agent id id-of-a, secret KEY of repository octo/device is gone, 0.1 s',
    );
    expect(lineOf({ name, ids: { clientId: 'mqtt1-a' }, state: 'absent' }, one)).toBe(
      'Did not find agent a: client id mqtt1-a',
    );
    expect(lineOf({ name, ids, state: 'would-delete' }, one)).toBe(
      'Would delete agent a: client id mqtt1-a, agent id id-of-a',
    );
  });

  test.each([
    ['deleted', 'certificate deleted'],
    ['absent', 'certificate not found'],
    ['unknown', 'certificate unknown'],
    ['failed', 'deleting the certificate failed'],
    ['would-delete', 'certificate would be deleted'],
  ] as const)('that was deleted says about its certificate: %s', (certificateState, words) => {
    const { name, ids } = agent;
    expect(
      lineOf({ name, ids, state: 'deleted', certificateState, deletedSettings: [SECRET] }, one),
    ).toBe(
      `Deleted agent a: client id mqtt1-a, agent id id-of-a, ${words}, secret KEY of repository octo/device is gone`,
    );
  });

  const call = {
    method: 'POST',
    url: new URL('https://hub.invalid/a?b=c'),
    status: 409,
    said: { message: 'it is\n::error::hunter2' },
  };
  const failure = new Failure('agent-exists', 'It is there.', { call });

  test('that failed has only the code, if the step says the rest', () => {
    expect(lineOf({ name: 'a', state: 'failed', failure }, one)).toBe(
      'Failed: agent a [agent-exists]',
    );
  });

  test('that failed has the secrets that were not deleted', () => {
    expect(lineOf({ name: 'a', state: 'failed', failure, remaining: [SECRET] }, one)).toBe(
      'Failed: agent a [agent-exists]: secret KEY of repository octo/device was not deleted',
    );
  });

  test('that failed as one of several says why, on one line and without secrets', () => {
    expect(lineOf({ name: 'a', state: 'failed', failure }, several)).toBe(
      'Failed: agent a [agent-exists] It is there. (HTTP 409, POST https://hub.invalid/a, the server says "it is ::error::***")',
    );
  });

  test.each([one, several])('that failed after the create says what exists', (options) => {
    const lost = new Failure('delivery-failed', 'The disk is full.');
    const why = options.several ? ' The disk is full.' : '';
    expect(lineOf({ ...agent, state: 'failed', failure: lost }, options)).toBe(
      `Failed: agent a [delivery-failed]${why}: ${FACTS}`,
    );
  });
});

describe('the line of a certificate', () => {
  test.each([
    ['deleted', 'Deleted: certificate c1'],
    ['absent', 'Not found: certificate c1'],
    ['would-delete', 'Would delete: certificate c1'],
  ] as const)('that was given by its id says what happened to it: %s', (state, line) => {
    expect(lineOfCertificate({ certificateId: 'c1', state }, one)).toBe(line);
  });

  test('that failed says why if the step does not, without secrets', () => {
    const failure = new Failure('forbidden', 'It says hunter2.');
    const result = { certificateId: 'c1', state: 'failed', failure } as const;
    expect(lineOfCertificate(result, one)).toBe('Failed: certificate c1 [forbidden]');
    expect(lineOfCertificate(result, several)).toBe(
      'Failed: certificate c1 [forbidden] It says ***.',
    );
  });
});

describe('the details', () => {
  test('of an agent contain what its line leaves out', () => {
    const { ids, delivery } = agent;
    const files = { ...delivery.files, mqttx: '/w/a.mqttx.json', brokerCa: '/w/broker-ca.pem' };
    const result = {
      ...created('a'),
      ids: { ...ids, certificateId: 'c1' },
      delivery: { files, settings: [SECRET] },
    };
    expect(detailsOf(result, { encrypted: false })).toBe(
      'Agent a: agent id id-of-a, certificate id c1, SHA-256 AB:CD, private key in /w/mqtt1-a.key, certificate in /w/mqtt1-a.pem, CA file in /w/broker-ca.pem, connection for MQTTX in /w/a.mqttx.json, secret KEY of repository octo/device',
    );
  });

  test.each([
    ['proved', 1, '1 CA, the one that verifies mqtts://broker.invalid:8883'],
    ['trusted', 265, 'all 265 trusted CAs'],
    ['given', 1, '1 CA from `broker-ca-file`'],
    ['given', 2, '2 CAs from `broker-ca-file`'],
  ] as const)('say what the CA file contains (%s, %i)', (kind, count, words) => {
    const files = { brokerCa: '/w/broker-ca.pem' };
    const authorities = { kind, count, broker: 'mqtts://broker.invalid:8883' };
    const delivery = { files, settings: [], authorities };
    expect(detailsOf({ ...created('a'), delivery }, { encrypted: false })).toBe(
      `Agent a: agent id id-of-a, SHA-256 AB:CD, CA file in /w/broker-ca.pem (${words})`,
    );
  });

  test('say that a private key is encrypted, in a file and in a secret', () => {
    const key = { ...SECRET, name: 'A_PRIVATE_KEY' };
    const variable = { ...key, kind: 'variable' } as const;
    const delivery = { ...agent.delivery, settings: [key, SECRET, variable] };
    expect(detailsOf({ ...created('a'), delivery }, { encrypted: true })).toBe(
      'Agent a: agent id id-of-a, SHA-256 AB:CD, encrypted private key in /w/mqtt1-a.key, certificate in /w/mqtt1-a.pem, encrypted private key in secret A_PRIVATE_KEY of repository octo/device, secret KEY of repository octo/device, variable A_PRIVATE_KEY of repository octo/device',
    );
  });

  test('of an agent that was not created are empty', () => {
    expect(detailsOf({ name: 'a', state: 'checked' }, { encrypted: true })).toBeUndefined();
  });
});

describe('progress', () => {
  /** The lines that are logged while agents are finished at these times, in milliseconds. */
  function linesOf(
    total: number,
    times: readonly number[],
    isFailed = (_: number) => false,
    leastTimeFor?: (left: number) => number,
  ) {
    const lines: string[] = [];
    let now = 0;
    const tell = (line: string) => lines.push(line);
    const count = countProgress(total, { now: () => now }, tell, leastTimeFor);
    for (const [index, time] of times.entries()) {
      now = time;
      count({ state: isFailed(index) ? 'failed' : 'created' });
    }
    return lines;
  }
  const at = (time: number, count: number) =>
    Array<number>(count - 1)
      .fill(0)
      .concat(time);

  test.each([
    [1000, at(14_000, 123), '120 of 1000 done, 3 failed, 877 left; 8.8 a second, 1 min 40 s to go'],
    [1000, at(10_000, 10), '7 of 1000 done, 3 failed, 990 left; 1.0 a second, 16 min 30 s to go'],
    [5000, at(10_000, 5), '2 of 5000 done, 3 failed, 4995 left; 0.5 a second, 2 h 46 min to go'],
  ])('of %i agents is a line of counts, pace and time', (total, times, line) => {
    const isFailed = (index: number) => index >= 1 && index <= 3;
    expect(linesOf(total, times, isFailed)).toEqual([line]);
  });

  test('is logged every ten seconds at most, as long as something is left', () => {
    const times = Array.from({ length: 100 }, (_, index) => (index + 1) * 500);
    const lines = linesOf(100, times, (index) => index === 3);
    expect(lines).toHaveLength(4);
    expect(lines[0]).toBe('19 of 100 done, 1 failed, 80 left; 2.0 a second, 40 s to go');
    expect(lines.at(-1)).toBe('79 of 100 done, 1 failed, 20 left; 2.0 a second, 10 s to go');
  });

  test('has the remaining time by pace or by quota, whichever is longer', () => {
    const left = 990;
    const linesWith = (seconds: number) =>
      linesOf(1000, at(10_000, 10), undefined, (count) => (count === left ? seconds : 0));
    const counts = '10 of 1000 done, 0 failed, 990 left; 1.0 a second';
    expect(linesWith(2970)).toEqual([`${counts}, 49 min 30 s to go`]);
    expect(linesWith(989)).toEqual([`${counts}, 16 min 30 s to go`]);
  });
});
