import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { parse } from 'yaml';
import { Broker } from '../../sandbox/broker/broker.ts';
import { TestProxy } from '../proxy.ts';
import type { Played } from '../workflow/play.ts';
import { parseWorkflow } from '../workflow/workflow-file.ts';
import { lint } from './actionlint.ts';
import {
  logOf,
  outcomesOf,
  ROOT,
  readRecipe,
  recipes,
  resultsOf,
  type Services,
  test,
} from './services.ts';

const KEY = 'INSIGHTS_HUB_AGENT_PRIVATE_KEY';
const CERTIFICATE = 'INSIGHTS_HUB_AGENT_CERTIFICATE';

interface ActionFile {
  readonly inputs: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** The file of an action that recipes use. */
function actionFile(uses: string): ActionFile {
  const folder = /^OWNER\/REPO(?:\/(delete))?@v1$/.exec(uses)?.[1] ?? '';
  return parse(readFileSync(path.join(ROOT, folder, 'action.yml'), 'utf8')) as ActionFile;
}

describe.each(recipes)('$name', ({ text }) => {
  const steps = Object.values(parseWorkflow(text).jobs).flatMap((job) => job.steps);
  const ours = steps.filter(({ uses }) => uses?.startsWith('OWNER/REPO'));

  base('is a complete workflow that actionlint accepts', async () => {
    expect(text).toMatch(/^name: /);
    expect(text).toMatch(/^permissions: \{\}$/m);
    expect(await lint(text)).toBe('');
  });

  base('would not be accepted with a mistake', async () => {
    expect(await lint(text.replace('${{ secrets.', '${{ secret.'))).toContain('"secret"');
  });

  base('uses inputs that exist, and sets all that are required', () => {
    // One that calls a recipe uses the actions through it.
    expect(ours.length > 0 || text.includes(' uses: ./.github/workflows/')).toBe(true);
    for (const { uses = '', with: given = {} } of ours) {
      const { inputs } = actionFile(uses);
      expect(Object.keys(given).filter((name) => !(name in inputs))).toEqual([]);
      const required = Object.keys(inputs).filter((name) => inputs[name]?.required);
      expect(required.filter((name) => !(name in given))).toEqual([]);
    }
  });

  base('uses outputs that exist', () => {
    const used = [...text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
    for (const [, id, output = ''] of used) {
      const step = steps.find((candidate) => candidate.id === id);
      expect(step, `a step ${id}`).toBeDefined();
      if (step?.uses?.startsWith('OWNER/REPO')) {
        expect(Object.keys(actionFile(step.uses).outputs ?? {})).toContain(output);
      }
    }
  });
});

describe('an agent for each pull request', () => {
  const run = (action: string, from = 'octo/device', actor = 'octocat') => ({
    event: {
      name: 'pull_request',
      payload: {
        action,
        number: 7,
        repository: { name: 'device' },
        pull_request: { head: { repo: { full_name: from } } },
      },
    },
    run: { actor },
  });
  const RECIPE = 'agent-per-pull-request.yml';
  const CLIENT_ID = 'mqtt1_device-pr-7';

  test('is replaced by each push, and deleted when the pull request is closed', async ({
    services,
  }) => {
    const opened = await services.play(RECIPE, run('opened'));
    expect(logOf(opened)).toContain('The private key can be read');
    expect(resultsOf(opened)).toEqual({ test: 'success', 'clean-up': 'skipped' });
    expect(opened.concurrency).toBe('agent-of-pull-request-7');
    expect(services.clientIds).toEqual([CLIENT_ID]);
    const first = services.pairOf(CLIENT_ID);

    const pushed = await services.play(RECIPE, run('synchronize'));
    expect(resultsOf(pushed)).toEqual({ test: 'success', 'clean-up': 'skipped' });
    expect(services.clientIds).toEqual([CLIENT_ID]);
    expect(services.pairOf(CLIENT_ID).certificate).not.toBe(first.certificate);

    const closed = await services.play(RECIPE, run('closed'));
    expect(resultsOf(closed)).toEqual({ test: 'skipped', 'clean-up': 'success' });
    expect(services.clientIds).toEqual([]);

    const reopened = await services.play(RECIPE, run('reopened'));
    expect(resultsOf(reopened)).toEqual({ test: 'success', 'clean-up': 'skipped' });
    expect(services.clientIds).toEqual([CLIENT_ID]);
  });

  test('is not created for a fork or Dependabot, or when only a label changes', async ({
    services,
  }) => {
    for (const action of ['opened', 'closed']) {
      for (const more of [
        run(action, 'someone/device'),
        run(action, undefined, 'dependabot[bot]'),
      ]) {
        const played = await services.play(RECIPE, { ...more, secrets: {} });
        expect(resultsOf(played)).toEqual({ test: 'skipped', 'clean-up': 'skipped' });
      }
    }
    expect((await services.play(RECIPE, run('labeled'))).started).toBe(false);
    expect(services.hub.requests).toEqual([]);
  });
});

describe('an ephemeral agent', () => {
  const RECIPE = 'ephemeral-agent.yml';
  const event = { name: 'push', payload: {} };

  test('exists only during the tests, like its files', async ({ services }) => {
    const workflow = `${readRecipe(RECIPE)}      - run: cat .insights-hub/*.pem
`;
    const played = await services.play(RECIPE, { event, workflow });
    expect(logOf(played)).toContain("The agent's client id is mqtt1_ci-1-1");
    expect(logOf(played)).toContain('-----BEGIN CERTIFICATE-----');
    expect(resultsOf(played)).toEqual({ test: 'success' });
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(services.clientIds).toEqual([]);
    expect(played.jobs['test']?.files).toEqual([]);
  });

  test('is deleted even if the tests fail', async ({ services }) => {
    const workflow = `${readRecipe(RECIPE)}      - run: exit 1\n`;
    const played = await services.play(RECIPE, { event, workflow });
    expect(outcomesOf(played.jobs['test'])).toEqual(['success', 'success', 'failure', 'success']);
    expect(resultsOf(played)).toEqual({ test: 'failure' });
    expect(services.clientIds).toEqual([]);
  });
});

describe('an agent for each release', () => {
  const RECIPE = 'release.yml';
  const runOf = (tag: string) => ({
    event: { name: 'release', payload: { action: 'published', release: { tag_name: tag } } },
    // Only the environment has them.
    secrets: {},
  });

  test('passes key and certificate to the next job as secrets of the environment', async ({
    services,
  }) => {
    const { github } = services;
    const vault = github.addEnvironment('production');
    for (const [name, value] of Object.entries(services.secrets)) vault.secrets.set(name, value);
    const tags = {
      'v1.2.0': 'release-v1-2-0-1',
      'firmware/v1.3.0+7': 'release-firmware-v1-3-0-7-1',
    };
    for (const [tag, name] of Object.entries(tags)) {
      const played = await services.play(RECIPE, runOf(tag));
      expect(logOf(played)).toContain('The private key belongs to the certificate');
      expect(resultsOf(played)).toEqual({ certificate: 'success', firmware: 'success' });
      expect(logOf(played)).toContain(`The agent's client id is mqtt1_${name}`);
      const pair = services.pairOf(`mqtt1_${name}`);
      expect(vault.secrets.get(KEY)).toBe(pair.privateKey);
      expect(vault.secrets.get(CERTIFICATE)).toBe(pair.certificate);
    }
    expect(services.clientIds).toEqual(Object.values(tags).map((name) => `mqtt1_${name}`));
    expect(github.vault.secrets.size).toBe(0);
  });

  test('is not created without the secrets of the environment', async ({ services }) => {
    services.github.addEnvironment('staging');
    const played = await services.play(RECIPE, {
      ...runOf('v1'),
      secrets: { SECRETS_APP_PRIVATE_KEY: 'the private key of the App' },
    });
    expect(resultsOf(played)).toEqual({ certificate: 'failure', firmware: 'skipped' });
    expect(logOf(played).join('\n')).toContain('[credentials-missing]');
  });
});

describe('a fleet', () => {
  const RECIPE = 'fleet.yml';
  const names = Array.from({ length: 10 }, (_, index) => `device${index}`);
  const run = {
    event: { name: 'workflow_dispatch', payload: {} },
    files: { 'devices.csv': `name,owner\n${names.map((name) => `${name}\n`).join('')}` },
  };
  const LAST_LINE = '10 agents have a certificate and its private key';
  const clientIds = names.map((name) => `mqtt1_${name}`);
  /** The names that creates were sent for, in the order of the list. */
  const asked = ({ hub }: Services) =>
    hub.seen('create').map(({ body }) => String((JSON.parse(body) as { name: string }).name));

  /**
   * An artifact has the whole fleet and its results; every key is encrypted, and belongs to the
   * certificate that was issued.
   */
  const expectCollected = (services: Services, { artifacts }: Played, name: string) => {
    const files = artifacts.read(name);
    expect(Object.keys(files).sort()).toEqual(
      [
        'agents.json',
        'broker-ca.pem',
        ...clientIds.flatMap((id) => [`${id}.key`, `${id}.pem`]),
      ].sort(),
    );
    const results = JSON.parse(files['agents.json'] ?? '') as readonly { clientId: string }[];
    expect(results.map(({ clientId }) => clientId)).toEqual(clientIds);
    const passphrase = services.secrets.FLEET_PASSPHRASE;
    for (const id of clientIds) {
      const key = files[`${id}.key`] ?? '';
      expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
      const plain = createPrivateKey({ key, passphrase }).export({ type: 'pkcs1', format: 'pem' });
      expect(plain).toBe(services.pairOf(id).privateKey);
      expect(files[`${id}.pem`]).toBe(services.pairOf(id).certificate);
    }
  };

  test('is created exactly once, by one job', async ({ services }) => {
    const played = await services.play(RECIPE, run);
    expect(resultsOf(played)).toEqual({ create: 'success' });
    expect([...asked(services)].sort()).toEqual(names);
    expect([...services.clientIds].sort()).toEqual(clientIds);
    expect(logOf(played)).toContain(LAST_LINE);
    expect(played.artifacts.names).toEqual(['certificates-1']);
    expectCollected(services, played, 'certificates-1');
  });

  test('is completed by a re-run, which creates only missing agents', async ({ services }) => {
    const { hub } = services;
    hub.faults.push({ at: 'create', fault: { kind: 'status', status: 400 }, times: 1 });
    const first = await services.play(RECIPE, run);
    expect(resultsOf(first)).toEqual({ create: 'failure' });
    expect([...asked(services)].sort()).toEqual(names);
    const missing = names.filter((name) => !services.clientIds.includes(`mqtt1_${name}`));
    expect(missing).toHaveLength(1);

    const second = await services.rerun(RECIPE, run, first);
    expect(resultsOf(second)).toEqual({ create: 'success' });
    expect(asked(services).slice(names.length)).toEqual(missing);
    expect(logOf(second)).toContain(LAST_LINE);
    expectCollected(services, second, 'certificates-2');
  });

  test('is completed even after an attempt that created nothing', async ({ services }) => {
    const { hub } = services;
    hub.faults.push({ at: 'token', fault: { kind: 'status', status: 401 }, times: 1 });
    const first = await services.play(RECIPE, run);
    expect(resultsOf(first)).toEqual({ create: 'failure' });
    expect(Object.keys(first.artifacts.read('certificates-1'))).toEqual(['agents.json']);
    const second = await services.rerun(RECIPE, run, first);
    expect([...asked(services)].sort()).toEqual(names);
    expectCollected(services, second, 'certificates-2');
  });
});

const BY_HAND = { event: { name: 'workflow_dispatch', payload: {} } };

describe('self-hosted.yml', () => {
  test('leaves no file when the job has ended', async ({ services }) => {
    const played = await services.play('self-hosted.yml', BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played)).toContain('The private key can be read');
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(played.jobs['certificate']?.files).toEqual([]);
  });
});

describe('an encrypted key as an artifact', () => {
  test('is opened by the next job with the passphrase', async ({ services }) => {
    const played = await services.play('encrypted-artifact.yml', BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success', deploy: 'success' });
    expect(logOf(played)).toContain('The key of mqtt1_device-1-1 can be opened');
    const files = played.artifacts.read('certificate-1');
    expect(Object.keys(files).sort()).toEqual([
      'broker-ca.pem',
      'mqtt1_device-1-1.key',
      'mqtt1_device-1-1.pem',
    ]);
    const key = files['mqtt1_device-1-1.key'] ?? '';
    expect(key).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----\n/);
    const passphrase = services.secrets.KEY_PASSPHRASE;
    expect(createPrivateKey({ key, passphrase }).export({ type: 'pkcs1', format: 'pem' })).toBe(
      services.pairOf('mqtt1_device-1-1').privateKey,
    );
    expect(played.jobs['certificate']?.files).toEqual([]);
  });
});

describe('a certificate that is issued after a review', () => {
  test('is created with the secrets of one environment, and used with those of another', async ({
    services,
  }) => {
    const { github } = services;
    const issuing = github.addEnvironment('issuing');
    const production = github.addEnvironment('production');
    for (const [name, value] of Object.entries(services.secrets)) issuing.secrets.set(name, value);
    const played = await services.play('reviewed.yml', { ...BY_HAND, secrets: {} });
    expect(resultsOf(played)).toEqual({ issue: 'success', deploy: 'success' });
    expect(logOf(played)).toContain(
      'The private key of mqtt1_device-1-1 belongs to its certificate',
    );
    expect([...production.secrets.keys()].sort()).toEqual([CERTIFICATE, KEY]);
    expect(production.secrets.get(KEY)).toBe(services.pairOf('mqtt1_device-1-1').privateKey);
  });
});

describe('behind a proxy', () => {
  const RECIPE = 'proxy.yml';
  const BROKER = 'mindconnectmqtt.eu1.mindsphere.io';

  test('the broker is reached on port 443, and trusted because of the company’s own CA', async ({
    services,
  }) => {
    const { hub } = services;
    const broker = await Broker.start({ hub, alpn: ['x-amzn-mqtt-ca'], names: [BROKER] });
    const proxy = await TestProxy.start({
      hosts: { [`${BROKER}:443`]: `127.0.0.1:${broker.port}` },
    });
    const directory = await mkdtemp(path.join(tmpdir(), 'recipe-'));
    try {
      const file = path.join(directory, 'company-ca.pem');
      await writeFile(file, broker.ca);
      const recipe = readRecipe(RECIPE);
      expect(recipe).toContain(`broker-url: mqtts://${BROKER}:443`);
      const played = await services.play(RECIPE, {
        ...BY_HAND,
        vars: {
          INSIGHTS_HUB_TENANT: hub.tenant,
          PROXY_URL: `http://${proxy.host}`,
          COMPANY_CA_FILE: file,
        },
      });
      expect(resultsOf(played)).toEqual({ certificate: 'success' });
      expect(logOf(played).join('\n')).toContain('connection accepted by the broker');
      // Once as the agent, and once to prove that this CA is enough.
      expect(proxy.connects).toEqual([`${BROKER}:443`, `${BROKER}:443`]);
      expect(broker.connections.map(({ clientId }) => clientId)).toEqual(['mqtt1_device-1-1']);
    } finally {
      await rm(directory, { recursive: true });
      await proxy.stop();
      await broker.stop();
    }
  });
});

describe('a recipe that encrypts', () => {
  test.for([
    ['encrypted-artifact.yml', 'KEY_PASSPHRASE'],
    ['fleet.yml', 'FLEET_PASSPHRASE'],
    ['firmware.yml', 'FIRMWARE_PASSPHRASE'],
  ] as const)(
    '%s fails before anything is created when %s is missing',
    async ([name, missing], { services }) => {
      const files = { 'devices.csv': 'name,owner\ndevice1\n' };
      const secrets = { ...services.secrets, [missing]: '' };
      const played = await services.play(name, { ...BY_HAND, files, secrets });
      expect(Object.values(resultsOf(played))).toContain('failure');
      expect(Object.values(resultsOf(played))).not.toContain('success');
      expect(logOf(played).join('\n')).toContain(
        '`encrypt-key` is `true`, but `key-passphrase` is empty',
      );
      expect(services.hub.requests).toEqual([]);
      expect(played.artifacts.names).toEqual([]);
    },
  );
});
