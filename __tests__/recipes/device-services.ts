import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect, vi } from 'vitest';
import { Broker } from '../../sandbox/broker/broker.ts';
import { leaksIn } from '../leaks.ts';
import { openssl } from '../openssl.ts';
import type { Play, Played } from '../workflow/play.ts';
import { Services } from './services.ts';

/** The event of a workflow that is started by hand. */
const BY_HAND = { event: { name: 'workflow_dispatch', payload: {} } };

/** What recipes for devices need beside Insights Hub and GitHub: a broker, and programs on the PATH. */
export class DeviceServices {
  readonly services: Services;
  readonly broker: Broker;
  readonly #directory: string;

  private constructor(services: Services, broker: Broker, directory: string) {
    this.services = services;
    this.broker = broker;
    this.#directory = directory;
  }

  static async start(): Promise<DeviceServices> {
    const services = await Services.start();
    const broker = await Broker.start({ hub: services.hub });
    const directory = await mkdtemp(path.join(tmpdir(), 'recipe-'));
    const all = new DeviceServices(services, broker, directory);
    await writeFile(all.file('ca.pem'), broker.ca);
    all.#makeFlashingKey();
    vi.stubEnv('PATH', `${directory}:${process.env['PATH'] ?? ''}`);
    return all;
  }

  async stop(): Promise<void> {
    vi.unstubAllEnvs();
    await this.broker.stop();
    await this.services.stop();
    await rm(this.#directory, { recursive: true });
  }

  /** The path of a file of the tests. */
  file(name: string): string {
    return path.join(this.#directory, name);
  }

  /** Puts a program on the PATH of the steps. */
  async addTool(name: string, script: string): Promise<void> {
    await writeFile(this.file(name), script, { mode: 0o755 });
  }

  /** The key of the machine that flashes devices, made as the page of the recipes says. */
  #makeFlashingKey(): void {
    const [key, certificate] = [this.file('flashing.key'), this.file('flashing.pem')];
    const made = ['-newkey', 'rsa:3072', '-nodes', '-keyout', key, '-out', certificate];
    openssl('req', '-x509', ...made, '-subj', '/CN=flashing', '-days', '3650');
  }

  get hub() {
    return this.services.hub;
  }

  get vars() {
    return {
      ...this.services.vars,
      FLASHING_CERTIFICATE: readFileSync(this.file('flashing.pem'), 'utf8').trim(),
      BOARD_PORT: this.file('board'),
    };
  }

  /** Plays a recipe; nothing secret may be in its log. */
  async play(name: string, given: Partial<Play> = {}): Promise<Played> {
    const played = await this.services.play(name, this.#with(given));
    // Those of agents that have ended, too: none of these recipes prints a certificate, which has
    // much in common with its key.
    const keys = this.hub.issued.map(({ privateKey }) => privateKey);
    expect(leaksIn(JSON.stringify(played.jobs), { values: [], keys })).toEqual([]);
    return played;
  }

  /** Plays what failed of it once more. */
  rerun(name: string, before: Played, given: Partial<Play> = {}): Promise<Played> {
    return this.services.rerun(name, this.#with(given), before);
  }

  #with(given: Partial<Play>): Pick<Play, 'event'> & Partial<Play> {
    const { vars, broker, hub } = this;
    const at = { 'broker-url': broker.url, 'broker-ca-file': this.file('ca.pem') };
    return { ...BY_HAND, vars, inputs: { ...hub.urls, ...at }, ...given };
  }
}

export const test = base.extend<{ devices: DeviceServices }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  devices: async ({}, use) => {
    const devices = await DeviceServices.start();
    await use(devices);
    await devices.stop();
  },
});
