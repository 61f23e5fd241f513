import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readDeleteInputs } from '../../src/inputs/delete.ts';
import { type Given, OUT_OF_RANGE, problemsOf, sourceOf } from './source.ts';

let workspace: string;
beforeAll(async () => {
  workspace = await mkdtemp(path.join(tmpdir(), 'delete-inputs-'));
  await writeFile(path.join(workspace, 'devices.csv'), 'b\n');
  await writeFile(path.join(workspace, 'pattern.csv'), 'b?\n');
});
afterAll(() => rm(workspace, { recursive: true }));

const good: Given = { name: 'a', tenant: 'mqtt1', token: 'a-token' };
const inputsOf = (given: Given) =>
  readDeleteInputs(sourceOf({ ...good, ...given }, { workspace }).source);

describe('the inputs of the delete action', () => {
  test('have defaults for all but an agent, tenant and credentials', async () => {
    const { credentials, urls, agents, ...inputs } = await inputsOf({});
    expect(credentials.kind).toBe('token');
    expect(urls).toMatchObject({ tenant: 'mqtt1', region: 'eu1' });
    expect(agents.map(({ clientId }) => clientId)).toEqual(['mqtt1_a']);
    expect(inputs).toEqual({
      github: undefined,
      clientIdPrefix: 'mqtt1',
      certificateIds: [],
      deleteCertificate: true,
      deleteAsset: true,
      concurrency: 4,
      timeout: 300,
      dryRun: false,
      proxies: { proxy: undefined, direct: [] },
    });
  });

  test('can all be given, and list agents in three ways together', async () => {
    const { agents, ...inputs } = await inputsOf({
      'names-file': 'devices.csv',
      'client-id': 'other_c',
      destination: 'environment,repository',
      'github-token': 'ghp_token',
      repository: 'o/r',
      environment: 'production',
      'certificate-id': '01G16QJSRNKA3JD4DQE2Z7KPEK\n\nb-c_D\nb-c_D',
      'delete-certificate': 'false',
      'delete-asset': 'false',
      concurrency: '32',
      timeout: '3600',
      'dry-run': 'true',
      summary: 'false',
    });
    expect(agents.map(({ clientId }) => clientId)).toEqual(['mqtt1_a', 'mqtt1_b', 'other_c']);
    expect(inputs).toMatchObject({
      github: { scopes: [{ kind: 'repository' }, { kind: 'environment' }] },
      certificateIds: ['01G16QJSRNKA3JD4DQE2Z7KPEK', 'b-c_D'],
      deleteCertificate: false,
      deleteAsset: false,
      concurrency: 32,
      timeout: 3600,
      dryRun: true,
    });
  });

  test('can list certificates alone', async () => {
    const { agents, certificateIds } = await inputsOf({ name: '', 'certificate-id': 'a' });
    expect(agents).toEqual([]);
    expect(certificateIds).toEqual(['a']);
  });

  test('name agents by the prefix of their client ids', async () => {
    const { agents, urls, clientIdPrefix } = await inputsOf({
      'names-file': 'devices.csv',
      'client-id': 'old_c\nmqtt1_d',
      'client-id-prefix': 'old',
    });
    expect(agents.map(({ name, clientId }) => [name, clientId])).toEqual([
      ['a', 'old_a'],
      ['b', 'old_b'],
      ['c', 'old_c'],
      ['mqtt1_d', 'mqtt1_d'],
    ]);
    expect([urls.tenant, clientIdPrefix]).toEqual(['mqtt1', 'old']);
  });

  const none =
    '`name`, `names-file` or `client-id` is required: the agents to delete. To delete only certificates, set `certificate-id`.';
  const rule = 'Only letters, digits, "-" and "_" are allowed.';
  const rows: Readonly<Record<string, readonly [Given, string]>> = {
    'no agent': [{ name: '' }, none],
    'a file that does not exist, reported once': [
      { name: '', 'names-file': 'none.csv' },
      '`names-file` "none.csv" does not exist.',
    ],
    'an agent that is listed twice': [
      { 'client-id': 'mqtt1_a' },
      '`client-id` "mqtt1_a" is listed twice.',
    ],
    'a wildcard in a name': [
      { name: 'pump-*' },
      expect.stringMatching(
        /^`name` "pump-\*" contains "\*" at position 6, but wildcards are not supported\. /,
      ),
    ],
    'a wildcard in a file': [
      { name: '', 'names-file': 'pattern.csv' },
      expect.stringMatching(/^line 1 of pattern\.csv "b\?" contains "\?" at position 2, /),
    ],
    'a prefix that no client id can have': [
      { 'client-id-prefix': 'a/b' },
      '`client-id-prefix` "a/b" contains "/" at position 2. White space, control characters, invisible characters, "/", "+" and "#" are not allowed.',
    ],
    ...Object.fromEntries(
      [
        ['a/b', '"/" at position 2'],
        ['..', '"." at position 1'],
        ['a b', 'a space at position 2'],
        ['a,b', '"," at position 2'],
        ['ä', '"ä" at position 1'],
        ['a*', '"*" at position 2'],
        ['a%', '"%" at position 2'],
        ['a"b', 'the character U+0022 (quotation mark) at position 2'],
        ['a\u0301', 'the character U+0301 at position 2'],
      ].map(([id, which]) => [
        `a certificate ${id}`,
        [{ 'certificate-id': `b\n${id}` }, `\`certificate-id\` "${id}" contains ${which}. ${rule}`],
      ]),
    ),
    'a certificate whose id contains a secret': [
      { 'certificate-id': 'my-a-token' },
      '`certificate-id` "my-***" contains a secret of this step, so GitHub would mask it in the log and in outputs.',
    ],
    'an environment that contains a secret': [
      {
        destination: 'environment',
        'github-token': 'ghp_token',
        repository: 'o/r',
        environment: 'a-token',
      },
      '`environment` "***" contains a secret of this step, so GitHub would mask it in the log and in outputs.',
    ],
    'a client id with an invisible character': [
      { 'client-id': 'mqtt1\u200b_c' },
      '`client-id` "mqtt1_c" contains the invisible character U+200B (zero-width space) at position 6. White space, control characters, invisible characters, "/", "+" and "#" are not allowed.',
    ],
    'a destination that only the create action knows': [
      { destination: 'workspace' },
      '`destination` must be one or more of repository, environment, not "workspace".',
    ],
    'secrets that two agents would share': [
      {
        destination: 'repository',
        'github-token': 'ghp_token',
        repository: 'o/r',
        name: 'a-b\na.b',
      },
      'The agents "a-b" and "a.b" would use the same secret names, with A_B. Rename one of them.',
    ],
    ...Object.fromEntries(
      ['delete-certificate', 'delete-asset', 'dry-run', 'summary', 'variables'].map((name) => [
        `a ${name} that is no boolean`,
        [{ [name]: '1' }, `\`${name}\` must be true or false, not "1".`],
      ]),
    ),
    ...OUT_OF_RANGE,
  };
  test.each(Object.entries(rows))('are refused: %s', async (_, [given, problem]) => {
    expect(await problemsOf(inputsOf(given))).toEqual([problem]);
  });

  test('are refused without credentials, with a code of their own', async () => {
    await expect(inputsOf({ token: '' })).rejects.toMatchObject({ code: 'credentials-missing' });
  });
});
