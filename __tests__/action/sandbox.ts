import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test as base, expect } from 'vitest';
import { Broker, type BrokerOptions } from '../../sandbox/broker/broker.ts';
import { GitHub } from '../../sandbox/github/github.ts';
import { CertificateAuthority, type IssuedPair } from '../../sandbox/insights-hub/authority.ts';
import { type HubOptions, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import {
  type Launch,
  Runner,
  type StepOptions,
  type StepResult,
} from '../../sandbox/runner/runner.ts';
import { type KnownSecrets, leaksIn } from '../leaks.ts';

export const ACTION = path.resolve(import.meta.dirname, '../..');

type Inputs = Readonly<Record<string, string>>;

/** Inputs of a fleet that a tenant's quota must not slow down. */
export const UNLIMITED: Inputs = { 'rate-limit': '10000/1s' };

/** Signs for every hub of a test file, because creating it takes longer than most tests. */
const authority = CertificateAuthority.create();

/**
 * Key pairs for a hub to hand out, for steps that have little time: generating one can take seconds
 * on a busy machine. Brokers accept them like any other.
 */
export async function readyPairs(count = 1): Promise<readonly IssuedPair[]> {
  const issuer = await authority;
  return Promise.all(Array.from({ length: count }, () => issuer.issue()));
}

/** One test's Insights Hub and job. Every run of the bundle in it is checked for leaks. */
export class Sandbox {
  readonly hub: InsightsHub;
  readonly runner: Runner;
  /** private keys that were not issued, or that have another form */
  readonly moreKeys: string[] = [];
  readonly #secrets: string[] = [];
  /** what each step was given, for its post step */
  readonly #given = new Map<StepResult, StepOptions>();
  readonly #brokers: Broker[] = [];
  #github: GitHub | undefined;

  private constructor(hub: InsightsHub, runner: Runner) {
    this.hub = hub;
    this.runner = runner;
  }

  /**
   * Entries run as separate processes, unless they are launched in another way, and from this
   * repository, unless the actions are in another directory.
   */
  static async start(
    options: HubOptions = {},
    launch?: Launch,
    actions: string = ACTION,
  ): Promise<Sandbox> {
    const hub = await InsightsHub.start({ authority: await authority, ...options });
    return new Sandbox(hub, await Runner.start(actions, launch));
  }

  /** Starts an embedded GitHub, whose API the following runs are given. */
  async startGitHub(): Promise<GitHub> {
    this.#github = await GitHub.start();
    return this.#github;
  }

  /** Starts an embedded broker. Returns it with the inputs that verify the connection. */
  async startBroker(options: Omit<BrokerOptions, 'hub'> = {}) {
    const broker = await Broker.start({ ...options, hub: this.hub });
    this.#brokers.push(broker);
    return { broker, inputs: await this.connectTo(broker) };
  }

  /** The inputs that verify the connection to a broker. */
  async connectTo({ url, ca }: { readonly url: string; readonly ca: string }): Promise<Inputs> {
    const file = path.join(this.runner.temporary, 'root-ca.pem');
    await writeFile(file, ca);
    return { 'verify-connection': 'true', 'broker-url': url, 'broker-ca-file': file };
  }

  async stop(): Promise<void> {
    for (const broker of this.#brokers) await broker.stop();
    await this.#github?.stop();
    await this.runner.stop();
    await this.hub.stop();
  }

  /** The inputs of a run that succeeds with a technical user. */
  get inputs(): Inputs {
    const { technicalUser, urls, tenant } = this.hub;
    return {
      name: 'device001',
      tenant,
      'oauth-client-id': technicalUser.id,
      'oauth-client-secret': technicalUser.secret,
      ...urls,
    };
  }

  /** The same for an application. */
  get applicationInputs(): Inputs {
    const { id, secret, appName, appVersion } = this.hub.application;
    return {
      ...this.inputs,
      'oauth-client-id': id,
      'oauth-client-secret': secret,
      'app-name': appName,
      'app-version': appVersion,
    };
  }

  /** The same with a token; inputs of '' count as not given. */
  get tokenInputs(): Inputs {
    const token = this.hub.issueToken();
    return { ...this.inputs, 'oauth-client-id': '', 'oauth-client-secret': '', token };
  }

  /** Runs an action's main entry, the create action's by default, with inputs over those that succeed. */
  async main(inputs: Inputs = {}, options: Partial<StepOptions> = {}): Promise<StepResult> {
    const apiUrl = this.#github && { GITHUB_API_URL: this.#github.apiUrl };
    const env = { ...apiUrl, ...options.env };
    const given = { ...options, env, inputs: { ...this.inputs, ...inputs } };
    this.#secrets.push(...secretsOf(given.inputs));
    const result = await this.runner.main(given);
    this.#given.set(result, given);
    await this.expectNoLeaks(result);
    expectExplained(result, given);
    return result;
  }

  /** Runs the delete action. */
  async delete(inputs: Inputs = {}, options: Partial<StepOptions> = {}): Promise<StepResult> {
    return this.main(inputs, { ...options, action: 'delete' });
  }

  /** Runs the post entry of a step, with what the step was given. */
  async post(
    main: StepResult,
    inputs: Inputs = {},
    more: Pick<StepOptions, 'onStart'> = {},
  ): Promise<StepResult> {
    const given = this.#given.get(main) ?? { inputs: this.inputs };
    const { onStart: _, ...options } = given;
    const all = { ...given.inputs, ...inputs };
    const result = await this.runner.post({ ...options, ...more, inputs: all }, main);
    await this.expectNoLeaks(result);
    return result;
  }

  /** Names of the files in the workspace, sorted. */
  async files(): Promise<readonly string[]> {
    return (await readdir(this.runner.workspace, { recursive: true })).sort();
  }

  /** What a step noted for its post step. */
  readJournal(main: StepResult): Promise<string> {
    return readFile(journalOf(main).path, 'utf8');
  }

  /** The text of a file below the workspace. */
  read(...names: string[]): Promise<string> {
    return readFile(path.join(this.runner.workspace, ...names), 'utf8');
  }

  /** Everything that must stay secret. */
  get known(): KnownSecrets {
    const { hub } = this;
    return {
      values: [...new Set([...this.#secrets, ...hub.tokens])],
      keys: [...hub.issued.map(({ privateKey }) => privateKey), ...this.moreKeys],
    };
  }

  /** Searches everything that a step left behind for secrets. */
  async expectNoLeaks(result: StepResult): Promise<void> {
    // Not even before masking: only mask commands may contain a secret.
    const printed = result.stdout.split('\n').filter((line) => !line.startsWith('::add-mask::'));
    const { workspace, temporary } = this.runner;
    const names = [workspace, temporary].map((folder) => readdir(folder, { recursive: true }));
    const entries = await readdir(temporary, { withFileTypes: true });
    const journals = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.jsonl'));
    const places = {
      log: result.log.join('\n'),
      stdout: printed.join('\n'),
      stderr: result.stderr,
      outputs: JSON.stringify(result.outputs),
      state: JSON.stringify(result.state),
      exported: result.exported,
      summary: result.summary,
      names: (await Promise.all(names)).flat().join('\n'),
      journal: (
        await Promise.all(journals.map(({ name }) => readFile(path.join(temporary, name))))
      ).join(),
    };
    const leaks = Object.entries(places).map(([place, text]) => [place, leaksIn(text, this.known)]);
    expect(leaks.filter(([, found]) => found?.length)).toEqual([]);
    // The one thing that is secret in the state, and nowhere else.
    const { key } = journalOf(result);
    const shown = Object.entries(places).filter(([place]) => place !== 'state');
    if (key !== '') expect(shown.filter(([, text]) => text.includes(key))).toEqual([]);
    expect(result.stderr).toBe('');
    // An input that the runner warns of is one that the test misspells.
    expect(result.log.filter((line) => line.includes('Unexpected input(s)'))).toEqual([]);
    expectOneAnnotation(result);
  }
}

/** A test that can start sandboxes, which end with it. */
export const test = base.extend<{ start: (options?: HubOptions) => Promise<Sandbox> }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  start: async ({}, use) => {
    const started: Sandbox[] = [];
    await use(async (options) => {
      const sandbox = await Sandbox.start(options);
      started.push(sandbox);
      return sandbox;
    });
    for (const sandbox of started) await sandbox.stop();
  },
});

/** A failing step has one error, which begins with a code in brackets; a passing or killed one has none. */
function expectOneAnnotation({ exitCode, commands }: StepResult): void {
  const errors = commands.filter(({ name }) => name === 'error');
  expect(errors).toHaveLength(exitCode ? 1 : 0);
  for (const { message } of errors) {
    expect(message).toMatch(/^\[[a-z-]+\] \S/);
    expect(message).not.toMatch(/[\r\n]| {4}at /);
  }
}

/** The summary of a failing step says why, with the code that the annotation has. */
function expectExplained(result: StepResult, { inputs, env }: Partial<StepOptions>): void {
  const isWanted = !/^false$/i.test(inputs?.['summary'] ?? '');
  const isWritable = env?.['GITHUB_STEP_SUMMARY'] === undefined;
  if (result.exitCode !== 1 || !isWanted || !isWritable) return;
  expect(result.summary).toContain(`<code>${codeOf(result)}</code>`);
}

function secretsOf(inputs: Inputs): readonly string[] {
  const { 'oauth-client-id': id = '', 'oauth-client-secret': secret = '' } = inputs;
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  const given = [
    inputs['token'],
    inputs['github-token'],
    secret,
    inputs['key-passphrase'],
    secret && basic,
  ];
  return given.flatMap((value) => (value !== undefined && value.length >= 4 ? [value] : []));
}

/** What a step saved for its post step: where its journal is, and the key that seals it. */
export function journalOf({ state }: StepResult): {
  readonly path: string;
  readonly key: string;
  readonly lines?: number;
} {
  return JSON.parse(state['journal'] || '{"path":"","key":""}');
}

/** The text of the one error of a failing step. */
export function errorOf({ commands }: StepResult): string {
  return commands.find(({ name }) => name === 'error')?.message ?? '';
}

export function codeOf(result: StepResult): string | undefined {
  return /^\[([a-z-]+)\]/.exec(errorOf(result))?.[1];
}

export function warningsOf({ commands }: StepResult): readonly string[] {
  return commands.filter(({ name }) => name === 'warning').map(({ message }) => message);
}

/** What a step had masked: of a command, each line. */
export function masksOf(result: StepResult): readonly string[] {
  return maskCommandsOf(result).flatMap((message) => message.split('\n'));
}

export function maskCommandsOf({ commands }: StepResult): readonly string[] {
  return commands.filter(({ name }) => name === 'add-mask').map(({ message }) => message);
}

/** The `agents` output. */
export function agentsOf({ outputs }: StepResult): readonly Readonly<Record<string, string>>[] {
  return JSON.parse(outputs['agents'] ?? 'null');
}

/** Options that run code in the process of the action before it starts, to break something. */
export function preload(...codes: readonly string[]) {
  const urls = codes.map((code) => `data:text/javascript,${encodeURIComponent(code)}`);
  return { env: { NODE_OPTIONS: urls.map((url) => `--import=${url}`).join(' ') } };
}

/**
 * Code that makes timers of 4 s and more twenty times as long in the action's process, such as the
 * grace period after a signal. A step that waits for one, instead of ending immediately, is killed
 * by the runner.
 */
export const LONG_TIMERS = `import timers from 'node:timers/promises';
  import { syncBuiltinESMExports } from 'node:module';
  const lengthen = (after) => (after >= 4000 ? after * 20 : after);
  const { setTimeout } = globalThis;
  globalThis.setTimeout = (call, after, ...rest) => setTimeout(call, lengthen(after), ...rest);
  const wait = timers.setTimeout;
  timers.setTimeout = (after, ...rest) => wait(lengthen(after), ...rest);
  syncBuiltinESMExports();`;

/** Code that creates a file when the action's process receives a signal. */
export function notingSignals(file: string): string {
  return `import { writeFileSync } from 'node:fs';
    for (const signal of ['SIGINT', 'SIGTERM']) {
      process.on(signal, () => writeFileSync(${JSON.stringify(file)}, ''));
    }`;
}

/**
 * Code that runs other code in the action's process, shortly after the action has installed its
 * handler for uncaught exceptions.
 */
export function onceGuarded(code: string, milliseconds = 1): string {
  return `process.on('newListener', function begin(event) {
    if (event !== 'uncaughtException') return;
    process.off('newListener', begin);
    setTimeout(() => { ${code} }, ${milliseconds});
  });`;
}

/**
 * Code that breaks file functions in the action's process: `fail()` makes a system's error, and
 * `armed` is set once the create was answered.
 */
export function failingDisk(code: string): string {
  return `import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { X509Certificate } from 'node:crypto';
    let armed = false;
    const check = X509Certificate.prototype.checkPrivateKey;
    X509Certificate.prototype.checkPrivateKey = function (key) {
      armed = true;
      return check.call(this, key);
    };
    const fail = (code) => Object.assign(new Error(code), { code });
    const { openSync } = fs;
    ${code}
    syncBuiltinESMExports();`;
}

/** No agent may exist that was not reported to the user of the step. */
export function expectTold({ hub }: Sandbox, result: StepResult): void {
  const told = [errorOf(result), ...warningsOf(result), result.outputs['agents'] ?? ''].join('\n');
  for (const clientId of hub.agents.keys()) expect(told).toContain(clientId);
}

/** Waits until a condition is true, for 40 s at most. */
export async function waitFor(condition: () => boolean): Promise<void> {
  const end = performance.now() + 40_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
