import { describe, expect, test } from 'vitest';
import type { Agent } from '../../src/create/fate.ts';
import { Outputs, resultsOf } from '../../src/create/outputs.ts';
import { Failure } from '../../src/failure.ts';

class Sink {
  readonly calls: (readonly [string, string])[] = [];
  failing: string | undefined;

  setOutput(name: string, value: string): void {
    if (name === this.failing) throw Object.assign(new Error('the words'), { code: 'ENOSPC' });
    this.calls.push([name, value]);
  }
}

const agent: Agent = {
  name: 'device001',
  agentId: 'id',
  clientId: 'mqtt1_device001',
  agentName: undefined,
  fingerprint: 'AB:CD',
  expiresAt: '2049-12-31T23:59:59.000Z',
};
const paths = { certificatePath: '/w/a.pem', privateKeyPath: '/w/a.key' };

function start(several: boolean) {
  const sink = new Sink();
  return { sink, outputs: new Outputs(sink, { several }) };
}

describe('with one agent', () => {
  test('what is known is set at once, without its name and without what is not known', () => {
    const { sink, outputs } = start(false);
    outputs.known(agent);
    expect(Object.fromEntries(sink.calls)).toEqual({
      agentId: 'id',
      clientId: 'mqtt1_device001',
      fingerprint: 'AB:CD',
      expiresAt: '2049-12-31T23:59:59.000Z',
    });
  });

  test('what becomes known later is added, and nothing set twice', () => {
    const { sink, outputs } = start(false);
    outputs.known(agent);
    const before = sink.calls.length;
    outputs.known({ ...agent, ...paths });
    expect(sink.calls.slice(before)).toEqual(Object.entries(paths));
  });

  test('what changes is set anew', () => {
    const { sink, outputs } = start(false);
    outputs.known(agent);
    outputs.known({ ...agent, agentId: 'other' });
    expect(sink.calls.at(-1)).toEqual(['agentId', 'other']);
  });
});

test('with several agents, the single outputs stay empty', () => {
  const { sink, outputs } = start(true);
  outputs.known({ ...agent, ...paths });
  expect(sink.calls).toEqual([]);
});

describe('the output `agents`', () => {
  test.each([true, false])('lists them in order, with the code of a failure (%s)', (several) => {
    const { sink, outputs } = start(several);
    const failure = new Failure('agent-exists', 'It is there, says the server.');
    outputs.agents(
      resultsOf([{ agent }, { agent: { name: 'b' }, failure }, { agent: { name: 'a' } }]),
    );
    expect(sink.calls).toHaveLength(1);
    const [[name, value] = ['', '']] = sink.calls;
    expect(name).toBe('agents');
    const { agentName: _, ...known } = agent;
    expect(JSON.parse(value)).toEqual([known, { name: 'b', code: 'agent-exists' }, { name: 'a' }]);
    expect(value).not.toContain('says the server');
  });
});

describe('an output that can’t be written', () => {
  test('keeps nothing else from being written, and is told at the end', () => {
    const { sink, outputs } = start(false);
    sink.failing = 'agentId';
    outputs.known({ ...agent, ...paths });
    outputs.agents(resultsOf([{ agent }]));
    expect(sink.calls.map(([name]) => name)).toEqual([
      'clientId',
      'fingerprint',
      'expiresAt',
      'certificatePath',
      'privateKeyPath',
      'agents',
    ]);
    expect(() => outputs.throwProblem()).toThrow(
      expect.objectContaining({
        name: 'Failure',
        code: 'delivery-failed',
        message: expect.stringMatching(/outputs .* could not be written \(ENOSPC\)/),
      }),
    );
  });

  test('is no problem when there is none', () => {
    const { outputs } = start(false);
    outputs.known(agent);
    expect(() => outputs.throwProblem()).not.toThrow();
  });
});
