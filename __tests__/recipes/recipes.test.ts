import { createPrivateKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, describe, expect } from 'vitest';
import { parse } from 'yaml';
import { Broker } from '../../sandbox/broker/broker.ts';
import { GitHub } from '../../sandbox/github/github.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { leaksIn } from '../leaks.ts';
import { TestProxy } from '../proxy.ts';
import type { PlayedJob } from '../workflow/job.ts';
import { type Play, type Played, playWorkflow, rerunFailedJobs } from '../workflow/play.ts';
import { parseWorkflow } from '../workflow/workflow-file.ts';
import { lint } from './actionlint.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const RECIPES = path.join(ROOT, 'docs/recipes');
const KEY = 'INSIGHTS_HUB_AGENT_PRIVATE_KEY';
const CERTIFICATE = 'INSIGHTS_HUB_AGENT_CERTIFICATE';

const readRecipe = (name: string) => readFileSync(path.join(RECIPES, name), 'utf8');
const recipes = readdirSync(RECIPES)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => ({ name, text: readRecipe(name) }));

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

  base('is a whole workflow that actionlint accepts', async () => {
    expect(text).toMatch(/^name: /);
    expect(text).toMatch(/^permissions: \{\}$/m);
    expect(await lint(text)).toBe('');
  });

  base('would not be accepted with a mistake', async () => {
    expect(await lint(text.replace('${{ secrets.', '${{ secret.'))).toContain('"secret"');
  });

  base('uses inputs that exist, and gives those that are required', () => {
    expect(ours.length).toBeGreaterThan(0);
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

/** An Insights Hub and a GitHub, and a repository that is set up as the recipes say. */
class Services {
  readonly hub: InsightsHub;
  readonly github: GitHub;

  private constructor(hub: InsightsHub, github: GitHub) {
    this.hub = hub;
    this.github = github;
  }

  static async start(): Promise<Services> {
    return new Services(await InsightsHub.start(), await GitHub.start());
  }

  async stop(): Promise<void> {
    await this.hub.stop();
    await this.github.stop();
  }

  /** What a repository or an environment must keep. */
  get secrets() {
    const { id, secret } = this.hub.technicalUser;
    return {
      INSIGHTS_HUB_CLIENT_ID: id,
      INSIGHTS_HUB_CLIENT_SECRET: secret,
      SECRETS_APP_PRIVATE_KEY: 'the private key of the App',
      FLEET_PASSPHRASE: 'the passphrase of the fleet',
      FIRMWARE_PASSPHRASE: 'the passphrase of the firmware',
      KEY_PASSPHRASE: 'the passphrase of the key',
    };
  }

  /** Plays a recipe; nothing secret may be in its log. */
  async play(name: string, given: Pick<Play, 'event'> & Partial<Play>): Promise<Played> {
    const played = await playWorkflow(this.#playOf(name, given));
    this.#expectNoLeaks(played);
    return played;
  }

  /** Plays what failed of it once more. */
  async rerun(
    name: string,
    given: Pick<Play, 'event'> & Partial<Play>,
    before: Played,
  ): Promise<Played> {
    const played = await rerunFailedJobs(this.#playOf(name, given), before);
    this.#expectNoLeaks(played);
    return played;
  }

  #playOf(name: string, given: Pick<Play, 'event'> & Partial<Play>): Play {
    const { hub, github } = this;
    return {
      workflow: readRecipe(name),
      github,
      actions: ROOT,
      inputs: hub.urls,
      secrets: this.secrets,
      vars: { INSIGHTS_HUB_TENANT: hub.tenant, SECRETS_APP_CLIENT_ID: 'Iv1.app' },
      ...given,
    };
  }

  #expectNoLeaks({ jobs }: Played): void {
    const { hub } = this;
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const issued = steps.flatMap(({ outputs }) => outputs['token'] ?? []);
    const { secret } = hub.technicalUser;
    const { FLEET_PASSPHRASE, FIRMWARE_PASSPHRASE, KEY_PASSPHRASE } = this.secrets;
    const passphrases = [FLEET_PASSPHRASE, FIRMWARE_PASSPHRASE, KEY_PASSPHRASE];
    const values = [secret, ...passphrases, ...hub.tokens, ...issued];
    const keys = [...hub.agents.values()].map(({ pair }) => pair.privateKey);
    expect(leaksIn(JSON.stringify(jobs, withoutTokens), { values, keys })).toEqual([]);
  }

  get clientIds(): readonly string[] {
    return [...this.hub.agents.keys()];
  }

  pairOf(clientId: string) {
    const agent = this.hub.agents.get(clientId);
    if (agent === undefined) throw new Error(`there is no agent ${clientId}`);
    return agent.pair;
  }
}

/** The token of an App is an output of its step, as on GitHub. */
function withoutTokens(key: string, value: unknown): unknown {
  return key === 'token' ? undefined : value;
}

const test = base.extend<{ services: Services }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  services: async ({}, use) => {
    const services = await Services.start();
    await use(services);
    await services.stop();
  },
});

const resultsOf = ({ jobs }: Played) =>
  Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));
const outcomesOf = (job: PlayedJob | undefined) => job?.steps.map(({ outcome }) => outcome);
const logOf = ({ jobs }: Played) =>
  Object.values(jobs).flatMap((job) => job.steps.flatMap(({ log }) => log));

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

  test('lives from push to push, and ends when the pull request is closed', async ({
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

  test('is not made for a fork or Dependabot, nor when only a label changes', async ({
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

  test('is there for the tests only, and so are its files', async ({ services }) => {
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

  test('ends when the tests fail, too', async ({ services }) => {
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
    // They are the environment's alone.
    secrets: {},
  });

  test('hands key and certificate to the next job as secrets of the environment', async ({
    services,
  }) => {
    const { github } = services;
    const vault = github.addEnvironment('production');
    for (const [name, value] of Object.entries(services.secrets)) vault.secrets.set(name, value);
    const tags = { 'v1.2.0': 'release-v1-2-0', 'firmware/v1.3.0+7': 'release-firmware-v1-3-0-7' };
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

  test('is not made without the secrets of the environment', async ({ services }) => {
    services.github.addEnvironment('staging');
    const played = await services.play(RECIPE, {
      ...runOf('v1'),
      secrets: { SECRETS_APP_PRIVATE_KEY: 'the private key of the App' },
    });
    expect(resultsOf(played)).toEqual({ certificate: 'failure', firmware: 'skipped' });
    expect(logOf(played).join('\n')).toContain('[credentials-missing]');
  });
});

describe('the rotation', () => {
  const RECIPE = 'rotation.yml';
  const runOf = (number: number) => ({
    event: { name: 'workflow_dispatch', payload: {} },
    run: { run_number: String(number) },
  });

  const expectDelivered = ({ hub, github, ...services }: Services, clientId: string) => {
    const pair = hub.agents.get(clientId)?.pair;
    expect(Object.fromEntries(github.vault.secrets)).toEqual({
      [KEY]: pair?.privateKey,
      [CERTIFICATE]: pair?.certificate,
    });
    expect(github.vault.variables.get('INSIGHTS_HUB_AGENT_CLIENT_ID')).toBe(clientId);
    expect(services).toEqual({});
  };

  test('leaves the new agent, its secrets and its ids, and ends the old agent', async ({
    services,
  }) => {
    const first = await services.play(RECIPE, runOf(1));
    expect(outcomesOf(first.jobs['rotate'])?.slice(0, 3)).toEqual([
      ...['success', 'success', 'skipped'],
    ]);
    expect(services.clientIds).toEqual(['mqtt1_device001-1']);
    expectDelivered(services, 'mqtt1_device001-1');

    const second = await services.play(RECIPE, runOf(2));
    expect(resultsOf(second)).toEqual({ rotate: 'success' });
    expect(services.clientIds).toEqual(['mqtt1_device001-2']);
    expectDelivered(services, 'mqtt1_device001-2');
  });

  test('keeps the old agent when the new one could not be delivered', async ({ services }) => {
    await services.play(RECIPE, runOf(1));
    services.github.faults.push({ at: 'secret', fault: { kind: 'status', status: 403 } });
    const second = await services.play(RECIPE, runOf(2));
    expect(resultsOf(second)).toEqual({ rotate: 'failure' });
    expect(outcomesOf(second.jobs['rotate'])?.slice(0, 3)).toEqual([
      ...['success', 'failure', 'skipped'],
    ]);
    expect(services.clientIds).toContain('mqtt1_device001-1');
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

  test('is made exactly once, by one job', async ({ services }) => {
    const played = await services.play(RECIPE, run);
    expect(resultsOf(played)).toEqual({ create: 'success' });
    expect([...asked(services)].sort()).toEqual(names);
    expect([...services.clientIds].sort()).toEqual(clientIds);
    expect(logOf(played)).toContain(LAST_LINE);
    expect(played.artifacts.names).toEqual(['certificates-1']);
    expectCollected(services, played, 'certificates-1');
  });

  test('is completed by a re-run, which makes only what is missing', async ({ services }) => {
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

  test('is completed also after an attempt that could do nothing at all', async ({ services }) => {
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

describe.each(['minimal.yml', 'self-hosted.yml'])('%s', (name) => {
  test('leaves no file when the job has ended', async ({ services }) => {
    const played = await services.play(name, BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success' });
    expect(logOf(played)).toContain('The private key can be read');
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(played.jobs['certificate']?.files).toEqual([]);
  });
});

describe('firmware', () => {
  const RECIPE = 'firmware.yml';

  test('takes the files along, and leaves the runner encrypted only', async ({ services }) => {
    const workflow = `${readRecipe(RECIPE)}      - env:
          FIRMWARE_PASSPHRASE: \${{ secrets.FIRMWARE_PASSPHRASE }}
        run: |
          openssl enc -d -aes-256-cbc -pbkdf2 -pass env:FIRMWARE_PASSPHRASE -in firmware/firmware.tar.gz.enc | tar -xz
          openssl pkey -in etc/agent/agent.key -pubout > agent.pub
          openssl x509 -in etc/agent/agent.pem -noout -pubkey | cmp - agent.pub
          cat etc/agent/client-id
          stat -c %a etc/agent/agent.key
          rm -r etc agent.pub
`;
    const played = await services.play(RECIPE, { ...BY_HAND, workflow });
    expect(resultsOf(played)).toEqual({ firmware: 'success' });
    expect(logOf(played).slice(-3)).toEqual(expect.arrayContaining(['mqtt1_firmware-1-1', '600']));
    expect(Object.keys(played.artifacts.read('firmware'))).toEqual(['firmware.tar.gz.enc']);
    expect(played.jobs['firmware']?.files).toEqual(['firmware', 'firmware/firmware.tar.gz.enc']);
  });
});

describe('an encrypted key as an artifact', () => {
  test('is opened by the next job with the passphrase', async ({ services }) => {
    const played = await services.play('encrypted-artifact.yml', BY_HAND);
    expect(resultsOf(played)).toEqual({ certificate: 'success', deploy: 'success' });
    expect(logOf(played)).toContain('The key of mqtt1_device-1-1 can be opened');
    const files = played.artifacts.read('certificate');
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
  test('is made with the secrets of one environment, and used with those of another', async ({
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
        '`encrypt-key` is set, but `key-passphrase` is empty',
      );
      expect(services.hub.requests).toEqual([]);
      expect(played.artifacts.names).toEqual([]);
    },
  );
});
