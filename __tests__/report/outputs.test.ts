import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import {
  certificatesJson,
  createdJson,
  deletedJson,
  Outputs,
  placesFor,
} from '../../src/report/outputs.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import { agentOf, created, EXISTS, failed, SECRET } from './agents.ts';

const agent = agentOf('a');
const secrets = new KnownSecrets(() => {});
secrets.mask([new Secret('hunter2')]);
const { delivery, ...issued } = agent;
const PATHS = { privateKeyPath: '/w/mqtt1-a.key', certificatePath: '/w/mqtt1-a.pem' };
const KNOWN = {
  agentId: 'id-of-a',
  clientId: 'mqtt1-a',
  fingerprint: 'AB:CD',
  expiresAt: '2049-12-31T23:59:59.000Z',
};

/** Outputs that are written, in order, but for those that fail. */
function start(failing?: string) {
  const written: (readonly [string, string])[] = [];
  const outputs = new Outputs({
    setOutput(name, value) {
      if (name === failing) throw Object.assign(new Error('the words'), { code: 'ENOSPC' });
      written.push([name, value]);
    },
  });
  return { written, outputs };
}

describe('the outputs of one agent', () => {
  test('are what is known, without the name and unknown values', () => {
    const { written, outputs } = start();
    outputs.known({ ...issued, ids: { ...issued.ids, agentName: undefined } });
    expect(Object.fromEntries(written)).toEqual(KNOWN);
  });

  test('can all be known', () => {
    const { written, outputs } = start();
    const settings = [
      SECRET,
      { ...SECRET, name: 'CERTIFICATE' },
      { ...SECRET, scope: 'environment production' },
      { ...SECRET, kind: 'variable', name: 'ID' },
    ] as const;
    outputs.known({
      ...agent,
      ids: { ...agent.ids, agentName: 'the agent', certificateId: 'c1' },
      delivery: {
        files: { ...delivery.files, mqttx: '/w/a.mqttx.json', brokerCa: '/w/ca.pem' },
        settings,
      },
    });
    expect(Object.fromEntries(written)).toEqual({
      ...KNOWN,
      ...PATHS,
      agentName: 'the agent',
      certificateId: 'c1',
      mqttxPath: '/w/a.mqttx.json',
      brokerCaPath: '/w/ca.pem',
      secretNames: 'KEY\nCERTIFICATE',
    });
  });

  test('are added when more is known, and none is set twice', () => {
    const { written, outputs } = start();
    outputs.known(issued);
    const before = written.length;
    outputs.known(agent);
    expect(written.slice(before)).toEqual(Object.entries(PATHS));
  });

  test('are set again when they change', () => {
    const { written, outputs } = start();
    outputs.known(agent);
    outputs.known({ ...agent, ids: { ...agent.ids, agentId: 'other' } });
    expect(written.at(-1)).toEqual(['agentId', 'other']);
  });
});

describe('the output `agents`', () => {
  test('lists what was created in order, with the codes and messages of failures', () => {
    const json = createdJson(
      [
        { ...created('a'), delivery: { files: delivery.files, settings: [SECRET] } },
        failed('b'),
        { name: 'c', state: 'checked' },
      ],
      secrets,
    );
    expect(JSON.parse(json)).toEqual([
      { name: 'a', ...KNOWN, ...PATHS, secretNames: ['KEY'] },
      { name: 'b', code: 'agent-exists', message: 'It is there, says the server.' },
      { name: 'c' },
    ]);
  });

  test('has the complete message of a failure, without secrets', () => {
    const call = {
      method: 'POST',
      url: new URL('https://hub.invalid/a?b=c'),
      status: 409,
      said: { message: 'it is hunter2\n::error::' },
    };
    const failure = new Failure('agent-exists', 'It is hunter2.', { call });
    expect(JSON.parse(createdJson([failed('a', failure)], secrets))).toEqual([
      {
        name: 'a',
        code: 'agent-exists',
        message:
          'It is ***. (HTTP 409, POST https://hub.invalid/a, the server says "it is *** ::error::")',
      },
    ]);
  });

  test('lists what was deleted in order, with the results', () => {
    const { name, ids } = agent;
    const json = deletedJson(
      [
        { name, ids, deletedSettings: [SECRET], state: 'deleted', certificateState: 'unknown' },
        { ...failed('b'), ids: { clientId: 'mqtt1-b' } },
      ],
      secrets,
    );
    expect(JSON.parse(json)).toEqual([
      {
        name: 'a',
        clientId: 'mqtt1-a',
        agentId: 'id-of-a',
        result: 'deleted',
        certificate: 'unknown',
      },
      {
        name: 'b',
        clientId: 'mqtt1-b',
        result: 'failed',
        code: 'agent-exists',
        message: 'It is there, says the server.',
      },
    ]);
  });

  test('of the delete action leaves out messages that don’t fit', () => {
    const failure = new Failure('not-ended', 'x'.repeat(1000));
    const agents = (count: number) =>
      JSON.parse(
        deletedJson(
          Array.from({ length: count }, () => failed('b', failure)),
          secrets,
        ),
      );
    expect(agents(450)[449]).toHaveProperty('message', 'x'.repeat(1000));
    expect(agents(500)[499]).toEqual({ name: 'b', result: 'failed', code: 'not-ended' });
  });
});

describe('the output `certificates`', () => {
  test('lists what was deleted by id, with the results and without failure messages', () => {
    const json = certificatesJson([
      { certificateId: 'c1', state: 'deleted' },
      { certificateId: 'c2', state: 'failed', failure: EXISTS },
    ]);
    expect(JSON.parse(json)).toEqual([
      { certificateId: 'c1', result: 'deleted' },
      { certificateId: 'c2', result: 'failed' },
    ]);
    expect(json).not.toContain('says the server');
  });
});

test.each(['agents', 'certificates'] as const)(
  'the output `%s` is set up to 500,000 characters',
  (output) => {
    const { written, outputs } = start();
    expect(outputs[output]('x'.repeat(500_001))).toBe(false);
    expect(written).toEqual([]);
    const longest = 'x'.repeat(500_000);
    expect(outputs[output](longest)).toBe(true);
    expect(written).toEqual([[output, longest]]);
  },
);

describe('the place of the list of agents', () => {
  const fleet = { several: true, toWorkspace: false, dryRun: false };
  const [short, long, tooLong] = [30_000, 30_001, 500_001].map((length) => 'x'.repeat(length));

  test.each([
    ['one agent', short, { ...fleet, several: false, toWorkspace: true }, true, false],
    ['several agents in the workspace', '[]', { ...fleet, toWorkspace: true }, true, true],
    ['several agents in secrets', short, fleet, true, false],
    ['a list that is too long for a variable', long, fleet, true, true],
    ['the longest list for an output', 'x'.repeat(500_000), fleet, true, true],
    ['a list that is too long for an output', tooLong, fleet, false, true],
    ['a dry run', long, { ...fleet, toWorkspace: true, dryRun: true }, true, false],
    ['a dry run that is too long for an output', tooLong, { ...fleet, dryRun: true }, false, false],
  ])('depends on its length and on the step: %s', (_, json = '', step, inOutput, inFile) => {
    expect(placesFor(json, step)).toEqual({ inOutput, inFile });
  });

  test('is logged if it is a file', () => {
    const { written, outputs } = start();
    outputs.agentsPath('/w/agents.json');
    expect(written).toEqual([['agentsPath', '/w/agents.json']]);
  });
});

describe('an output that can’t be written', () => {
  test('does not stop other outputs, and is reported at the end', () => {
    const { written, outputs } = start('agentId');
    outputs.known(agent);
    outputs.agents('[]');
    expect(written.map(([name]) => name)).toEqual([
      'clientId',
      'privateKeyPath',
      'certificatePath',
      'fingerprint',
      'expiresAt',
      'agents',
    ]);
    expect(() => outputs.throwProblem((code) => `It was not written (${code}).`)).toThrow(
      expect.objectContaining({
        name: 'Failure',
        code: 'delivery-failed',
        message: 'It was not written (ENOSPC).',
      }),
    );
  });

  test('is no problem if there is none', () => {
    const { outputs } = start();
    outputs.known(agent);
    expect(() => outputs.throwProblem(() => '')).not.toThrow();
  });
});
