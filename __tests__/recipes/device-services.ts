import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, vi } from 'vitest';
import { Broker } from '../../sandbox/broker/broker.ts';
import { GitHub } from '../../sandbox/github/github.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { type KnownSecrets, leaksIn } from '../leaks.ts';
import { openssl } from '../openssl.ts';
import { type Play, type Played, playWorkflow, rerunFailedJobs } from '../workflow/play.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const readRecipe = (name: string) =>
  readFileSync(path.join(ROOT, 'docs/recipes', name), 'utf8');

/** The event of a workflow that is started by hand. */
export const BY_HAND = { event: { name: 'workflow_dispatch', payload: {} } };

/** An Insights Hub with its broker, a GitHub, and a directory for tools that stand in for real ones. */
export class DeviceServices {
  readonly hub: InsightsHub;
  readonly github: GitHub;
  readonly broker: Broker;
  readonly directory: string;

  private constructor(hub: InsightsHub, github: GitHub, broker: Broker, directory: string) {
    this.hub = hub;
    this.github = github;
    this.broker = broker;
    this.directory = directory;
  }

  static async start(): Promise<DeviceServices> {
    const hub = await InsightsHub.start();
    const directory = await mkdtemp(path.join(tmpdir(), 'recipe-'));
    const broker = await Broker.start({ hub });
    const services = new DeviceServices(hub, await GitHub.start(), broker, directory);
    await writeFile(services.file('ca.pem'), broker.ca);
    await services.makeFlashingKey();
    vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`);
    return services;
  }

  async stop(): Promise<void> {
    vi.unstubAllEnvs();
    await this.broker.stop();
    await this.hub.stop();
    await this.github.stop();
    await rm(this.directory, { recursive: true });
  }

  file(name: string): string {
    return path.join(this.directory, name);
  }

  /** Puts a program on the PATH of the steps. */
  async addTool(name: string, script: string): Promise<void> {
    await writeFile(this.file(name), script, { mode: 0o755 });
  }

  /** The key of the machine that flashes devices, as the recipes say to make it. */
  async makeFlashingKey(): Promise<void> {
    const [key, certificate] = [this.file('flashing.key'), this.file('flashing.pem')];
    const made = ['-newkey', 'rsa:3072', '-nodes', '-keyout', key, '-out', certificate];
    await openssl('req', '-x509', ...made, '-subj', '/CN=flashing', '-days', '3650');
  }

  get secrets() {
    const { id, secret } = this.hub.technicalUser;
    return {
      INSIGHTS_HUB_CLIENT_ID: id,
      INSIGHTS_HUB_CLIENT_SECRET: secret,
      FIRMWARE_PASSPHRASE: 'the passphrase of the firmware',
    };
  }

  get vars() {
    return {
      INSIGHTS_HUB_TENANT: this.hub.tenant,
      FLASHING_CERTIFICATE: readFileSync(this.file('flashing.pem'), 'utf8').trim(),
      BOARD_PORT: this.file('board'),
    };
  }

  /** Plays a recipe; nothing secret may be in its log. */
  async play(name: string, given: Partial<Play> = {}): Promise<Played> {
    return this.#checked(await playWorkflow(this.#playOf(name, given)));
  }

  /** Plays what failed of it once more. */
  async rerun(name: string, before: Played, given: Partial<Play> = {}): Promise<Played> {
    return this.#checked(await rerunFailedJobs(this.#playOf(name, given), before));
  }

  #playOf(name: string, given: Partial<Play>): Play {
    const { hub, github, broker } = this;
    return {
      workflow: readRecipe(name),
      ...BY_HAND,
      github,
      actions: ROOT,
      inputs: { ...hub.urls, 'broker-url': broker.url, 'broker-ca-file': this.file('ca.pem') },
      secrets: this.secrets,
      vars: this.vars,
      ...given,
    };
  }

  #checked(played: Played): Played {
    expect(leaksIn(JSON.stringify(played.jobs), this.known)).toEqual([]);
    return played;
  }

  /** All that must not be readable anywhere. */
  get known(): KnownSecrets {
    const { hub } = this;
    const { INSIGHTS_HUB_CLIENT_ID: _, ...secrets } = this.secrets;
    const keys = hub.issued.map(({ privateKey }) => privateKey);
    return { values: [...Object.values(secrets), ...hub.tokens], keys };
  }

  /** The key and certificate of the only agent that there is, or that there was. */
  pairOf(clientId: string) {
    const agent = this.hub.agents.get(clientId);
    if (agent === undefined) throw new Error(`there is no agent ${clientId}`);
    return agent.pair;
  }
}

export const test = base.extend<{ services: DeviceServices }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  services: async ({}, use) => {
    const services = await DeviceServices.start();
    await use(services);
    await services.stop();
  },
});

export const resultsOf = ({ jobs }: Played) =>
  Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));
export const logOf = ({ jobs }: Played) =>
  Object.values(jobs).flatMap((job) => job.steps.flatMap(({ log }) => log));
