import { describe, expect } from 'vitest';
import type { Fault, HubEndpoint } from '../../sandbox/faults.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  expectTold,
  readyPairs,
  type Sandbox,
  test,
  warningsOf,
} from './sandbox.ts';

interface Row {
  /** what the creates meet, one after the other */
  readonly creates: readonly Fault[];
  /** what every look-up meets */
  readonly lookUp?: Fault;
  readonly timeout?: number;
  /** creates that are sent */
  readonly posts: number;
  /** agents that exist afterwards */
  readonly agents: number;
  /** nothing when the step succeeds */
  readonly code?: 'outcome-unknown' | 'key-mismatch';
  /** what is reported to the user, as error or warning */
  readonly says: RegExp;
}

const unprocessed = (status: number): Fault => ({ kind: 'status', status });
const processed = (status: number): Fault => ({ kind: 'status-after', status });

const CREATED_AGAIN =
  /Agent device001 was created by a second request.*An unused certificate may exist/;
const FOUND =
  /It is unknown whether this step created agent device001: .*An agent with client id mqtt1_device001 \(agent id \w{32}\) exists now\. If it did not exist before, its private key is lost: delete it with the delete action, then run this step again\./;
const NO_LOOK_UP =
  /It is unknown whether this step created agent device001: .*The look-up of client id mqtt1_device001 failed\. If the agent exists in Insights Hub but did not exist before, its private key is lost: delete it with the delete action\. Then run this step again\. Why that failed: \[[a-z-]+\] /;
const PROVES_NOTHING =
  /The look-up of client id mqtt1_device001 found .*\. If the agent exists in Insights Hub but did not exist before, its private key is lost: delete it/;
const ABSENT_TWICE =
  /Creating it again ended the same way: .*\. Two look-ups found no agent with client id mqtt1_device001\. Run this step again\. If it then fails with `agent-exists`, delete the agent/;

const createdAgain = { posts: 2, agents: 1, says: CREATED_AGAIN };
const found = { posts: 1, agents: 1, code: 'outcome-unknown', says: FOUND } as const;
const unproved = { posts: 1, agents: 1, code: 'outcome-unknown', says: NO_LOOK_UP } as const;
const absent = { posts: 2, agents: 0, code: 'outcome-unknown', says: ABSENT_TWICE } as const;

const page = (content: unknown, more: object = {}): Fault => ({
  kind: 'body',
  body: JSON.stringify({ content, ...more }),
});
const other = { id: 'a'.repeat(32), name: 'mqtt1_other', mqttClientId: 'mqtt1_other', eTag: 0 };

/** Every way in which a create may have been processed or not, and every outcome of the look-up. */
const table: Readonly<Record<string, Row>> = {
  'a reset before processing': { creates: [{ kind: 'reset-before' }], ...createdAgain },
  'a reset after processing': { creates: [{ kind: 'reset-after' }], ...found },
  'no answer within the time limit, and nothing processed': {
    creates: [{ kind: 'silence' }],
    timeout: 4,
    posts: 1,
    agents: 0,
    code: 'outcome-unknown',
    says: /Two look-ups found no agent with client id mqtt1_device001, and creating it again failed\. Run this step again\. .*Why that failed: \[timeout\]/,
  },
  'no answer within the time limit, though it was processed': {
    creates: [{ kind: 'silence-after' }],
    timeout: 4,
    ...found,
  },
  'an answer cut short': { creates: [{ kind: 'cut-off' }], ...found },
  'a 500 before processing': { creates: [unprocessed(500)], ...createdAgain },
  'a 500 after processing': { creates: [processed(500)], ...found },
  'a second 500 before processing': { creates: [unprocessed(500), unprocessed(500)], ...absent },
  'a second reset before processing': {
    creates: [{ kind: 'reset-before' }, { kind: 'reset-before' }],
    ...absent,
  },
  'a second create that is processed and not answered': {
    creates: [unprocessed(500), { kind: 'reset-after' }],
    posts: 2,
    agents: 1,
    code: 'outcome-unknown',
    says: /Creating it again ended the same way: .*An agent with client id mqtt1_device001 \(agent id \w{32}\) exists now/,
  },
  'a second create that is rejected': {
    creates: [unprocessed(500), unprocessed(409)],
    posts: 2,
    agents: 0,
    code: 'outcome-unknown',
    says: /Two look-ups found no agent .*, but creating it again failed, because it already exists\. If it did not exist before, its private key is lost: delete it/,
  },
  'a second create whose answer can’t be used': {
    creates: [unprocessed(500), { kind: 'wrong-pair' }],
    posts: 2,
    agents: 1,
    code: 'key-mismatch',
    says: /does not belong to the certificate\. Agent device001 now exists.*client id mqtt1_device001/,
  },
  'a look-up that shows one page of several': {
    creates: [processed(500)],
    lookUp: page([{ ...other, mqttClientId: 'mqtt1_device001' }], { last: false }),
    ...unproved,
    says: PROVES_NOTHING,
  },
  'a look-up that is not answered with 200': {
    creates: [processed(500)],
    lookUp: { kind: 'body', status: 203, body: '{"content":[],"totalElements":0,"last":true}' },
    ...unproved,
  },
  'a look-up that counts in words': {
    creates: [processed(500)],
    lookUp: page([], { totalElements: '3' }),
    ...unproved,
    says: PROVES_NOTHING,
  },
  'a look-up that is not allowed': {
    creates: [processed(500)],
    lookUp: unprocessed(403),
    ...unproved,
    says: /look-up of client id mqtt1_device001 failed\. .*Why that failed: \[forbidden\] .*agm\.r/,
  },
  'a look-up that gets something else': {
    creates: [processed(500)],
    lookUp: page('none'),
    ...unproved,
  },
  'a look-up that finds another agent': {
    creates: [processed(500)],
    lookUp: page([other]),
    ...unproved,
    says: PROVES_NOTHING,
  },
  'a look-up that finds several agents': {
    creates: [processed(500)],
    lookUp: page([other, other]),
    ...unproved,
    says: PROVES_NOTHING,
  },
  'a look-up that shows an empty page of several': {
    creates: [processed(500)],
    lookUp: page([], { totalElements: 1 }),
    ...unproved,
    says: PROVES_NOTHING,
  },
  'a look-up that finds an agent whose id leads elsewhere': {
    creates: [processed(500)],
    lookUp: page([{ ...other, id: '../assets/1', mqttClientId: 'mqtt1_device001' }]),
    ...unproved,
    says: PROVES_NOTHING,
  },
};

function order(sandbox: Sandbox, at: HubEndpoint, faults: readonly Fault[]): void {
  for (const fault of faults) sandbox.hub.faults.push({ at, fault, times: 1 });
}

describe.concurrent('when the create meets', () => {
  test.for(Object.entries(table))('%s', async ([, row], { start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    const { hub } = sandbox;
    order(sandbox, 'create', row.creates);
    if (row.lookUp) hub.faults.push({ at: 'find-agent', fault: row.lookUp });
    const result = await sandbox.main(row.timeout ? { timeout: `${row.timeout}` } : {});

    expect(codeOf(result)).toBe(row.code);
    expect(hub.seen('create')).toHaveLength(row.posts);
    expect(hub.agents.size).toBe(row.agents);
    expect([errorOf(result), ...warningsOf(result)].join('\n')).toMatch(row.says);
    expectTold(sandbox, result);
    // Whatever the outcome, nothing is deleted.
    expect(hub.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
    if (row.code === undefined) {
      const [agent] = agentsOf(result);
      expect(agent?.['agentId']).toBe(hub.agents.get('mqtt1_device001')?.id);
      expect(await sandbox.read('.insights-hub/mqtt1_device001.key')).toBe(
        hub.agents.get('mqtt1_device001')?.pair.privateKey,
      );
    }
  });
});

describe.concurrent('an unclear create', () => {
  test('is looked up twice, 2 s apart, before it is sent again', async ({ start }) => {
    const sandbox = await start();
    order(sandbox, 'create', [unprocessed(500)]);
    const started = performance.now();
    expect((await sandbox.main()).exitCode).toBe(0);
    expect(performance.now() - started).toBeGreaterThan(2000);
    expect(sandbox.hub.requests.map(({ endpoint }) => endpoint)).toEqual([
      'token',
      'create',
      'find-agent',
      'find-agent',
      'list-certificates',
      'create',
    ]);
    const [first] = sandbox.hub.seen('find-agent');
    expect(new URL(first?.path ?? '', sandbox.hub.origin).searchParams.get('filter')).toBe(
      '{"mqttClientId":"mqtt1_device001"}',
    );
  });

  test('is not sent again when the agent shows up between two look-ups', async ({ start }) => {
    const sandbox = await start();
    const late: Fault = {
      kind: 'change',
      change: () => ({ content: [], totalElements: 0, last: true }),
    };
    order(sandbox, 'create', [processed(500)]);
    order(sandbox, 'find-agent', [late]);
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('outcome-unknown');
    expect(errorOf(result)).toMatch(FOUND);
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test('of an agent that existed before changes nothing', async ({ start }) => {
    const sandbox = await start();
    const { id } = await sandbox.hub.addAgent('device001');
    order(sandbox, 'create', [unprocessed(500)]);
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('outcome-unknown');
    expect(errorOf(result)).toMatch(FOUND);
    await sandbox.post(result);
    expect(sandbox.hub.agents.get('mqtt1_device001')?.id).toBe(id);
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  const unseen: Fault = {
    kind: 'change',
    change: () => ({ content: [], totalElements: 0, last: true }),
  };

  test('is not sent again when its certificate is in the list', async ({ start }) => {
    const sandbox = await start();
    order(sandbox, 'create', [processed(500)]);
    sandbox.hub.faults.push({ at: 'find-agent', fault: unseen });
    const result = await sandbox.main();
    const [{ id } = { id: '' }] = sandbox.hub.certificatesOf('mqtt1_device001');
    expect(codeOf(result)).toBe('outcome-unknown');
    expect(errorOf(result)).toContain(
      `No agent with client id mqtt1_device001 exists, but a certificate for it does (certificate id ${id}). If it did not exist before, its private key is lost: delete it with the delete action by \`certificate-id\`, then run this step again.`,
    );
    expect(sandbox.hub.seen('create')).toHaveLength(1);
    expectTold(sandbox, result);
  });

  test.for<[string, Fault]>([
    ['is not allowed', unprocessed(403)],
    ['does not exist', unprocessed(404)],
    ['is in no known shape', { kind: 'body', body: '{"list":[{"clientId":"mqtt1_device001"}]}' }],
  ])('is settled by the look-up alone when the list %s', async ([, fault], { start }) => {
    const sandbox = await start();
    order(sandbox, 'create', [unprocessed(500)]);
    sandbox.hub.faults.push({ at: 'list-certificates', fault });
    const result = await sandbox.main();
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result).join()).toMatch(CREATED_AGAIN);
    expect(sandbox.hub.seen('create')).toHaveLength(2);
    expect(sandbox.hub.seen('list-certificates')).toHaveLength(1);
  });

  test('stays unclear when the list breaks off', async ({ start }) => {
    const sandbox = await start();
    order(sandbox, 'create', [unprocessed(500)]);
    const first = page([{ id: 'c1', clientId: 'mqtt1_other' }], { totalPages: 2 });
    order(sandbox, 'list-certificates', [first]);
    sandbox.hub.faults.push({ at: 'list-certificates', fault: unprocessed(403) });
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('outcome-unknown');
    expect(errorOf(result)).toMatch(
      /No agent with client id mqtt1_device001 exists, but the list of certificates could not be read completely\. Run this step again\. .*Why that failed: \[forbidden\] /,
    );
    expect(sandbox.hub.seen('create')).toHaveLength(1);
  });

  test('does not affect the other agents of the list', async ({ start }) => {
    const sandbox = await start();
    order(sandbox, 'create', [processed(502)]);
    const result = await sandbox.main({ name: 'a\nb', concurrency: '1' });
    expect(agentsOf(result)).toMatchObject([
      { name: 'a', code: 'outcome-unknown' },
      { name: 'b', clientId: 'mqtt1_b' },
    ]);
    expectTold(sandbox, result);
  });
});

describe.concurrent('with `ephemeral`, when the create meets', () => {
  const rows = Object.entries(table).filter(([, { lookUp }]) => lookUp === undefined);
  test.for(rows)('%s, no agent is left after the job', async ([, row], { start }) => {
    const sandbox = await start({ pairs: await readyPairs() });
    order(sandbox, 'create', row.creates);
    const inputs = { ephemeral: 'true', ...(row.timeout && { timeout: `${row.timeout}` }) };
    const result = await sandbox.main(inputs);
    expect(codeOf(result)).toBe(row.code);
    expect(sandbox.hub.agents.size).toBe(row.agents);
    if (row.code)
      expect(errorOf(result)).toMatch(/[Tt]he post step deletes it\. Run this step again\./);

    const certificates = [...sandbox.hub.certificates.keys()];
    const post = await sandbox.post(result);
    expect(post.exitCode).toBe(0);
    // No answer of the create proves that a certificate is its own: it is named, and stays.
    const left = row.code ? certificates.join(', ') : '';
    expect(warningsOf(post)).toEqual(
      left ? [expect.stringContaining(`were not deleted: ${left}.`)] : [],
    );
    expect(sandbox.hub.agents.size).toBe(0);
    expect(await sandbox.files()).toEqual([]);
  });
});
