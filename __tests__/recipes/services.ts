import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test as base, expect } from 'vitest';
import { GitHub } from '../../sandbox/github/github.ts';
import { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';
import { leaksIn } from '../leaks.ts';
import type { PlayedJob } from '../workflow/job.ts';
import { type Play, type Played, playWorkflow, rerunFailedJobs } from '../workflow/play.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
const RECIPES = path.join(ROOT, 'docs/recipes');

export const readRecipe = (name: string) => readFileSync(path.join(RECIPES, name), 'utf8');
export const recipes = readdirSync(RECIPES)
  .filter((name) => name.endsWith('.yml'))
  .map((name) => ({ name, text: readRecipe(name) }));

/** All recipes, where a repository has its workflows. */
const workflows = Object.fromEntries(
  recipes.map(({ name, text }) => [`.github/workflows/${name}`, text]),
);

/** An Insights Hub and a GitHub, and a repository that is set up as the recipes say. */
export class Services {
  readonly hub: InsightsHub;
  readonly github: GitHub;

  /** A personal access token with the one permission that the README asks for. */
  readonly #writeToken: string;

  private constructor(hub: InsightsHub, github: GitHub) {
    this.hub = hub;
    this.github = github;
    this.#writeToken = github.issueToken({ secrets: 'none', variables: 'none', actions: 'none' });
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
    const { application } = this.hub;
    return {
      INSIGHTS_HUB_CLIENT_ID: id,
      INSIGHTS_HUB_CLIENT_SECRET: secret,
      SECRETS_WRITE_TOKEN: this.#writeToken,
      SECRETS_APP_PRIVATE_KEY: 'the private key of the App',
      FLEET_PASSPHRASE: 'the passphrase of the fleet',
      FIRMWARE_PASSPHRASE: 'the passphrase of the firmware',
      KEY_PASSPHRASE: 'the passphrase of the key',
      INSIGHTS_HUB_APP_CLIENT_ID: application.id,
      INSIGHTS_HUB_APP_CLIENT_SECRET: application.secret,
    };
  }

  /** What a repository or an environment must keep beside them. */
  get vars() {
    const { tenant, application, urls, authority } = this.hub;
    return {
      // Any certificate will do to find out what is missing.
      FLASHING_CERTIFICATE: authority.certificate,
      INSIGHTS_HUB_TENANT: tenant,
      SECRETS_APP_CLIENT_ID: 'Iv1.app',
      INSIGHTS_HUB_TOKEN_URL: urls['token-url'],
      INSIGHTS_HUB_APP_NAME: application.appName,
      INSIGHTS_HUB_APP_VERSION: application.appVersion,
    };
  }

  /** Plays a recipe, or another workflow that is given; nothing secret may be in its log. */
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
    const { workflow = readRecipe(name) } = given;
    return {
      github,
      actions: ROOT,
      inputs: hub.urls,
      secrets: this.secrets,
      vars: this.vars,
      workflows,
      ...given,
      workflow,
    };
  }

  #expectNoLeaks({ jobs }: Played): void {
    const { hub } = this;
    const steps = Object.values(jobs).flatMap((job) => job.steps);
    const issued = steps.flatMap(({ outputs }) => outputs['token'] ?? []);
    const { technicalUser, application } = hub;
    const { FLEET_PASSPHRASE, FIRMWARE_PASSPHRASE, KEY_PASSPHRASE } = this.secrets;
    const passphrases = [FLEET_PASSPHRASE, FIRMWARE_PASSPHRASE, KEY_PASSPHRASE];
    const known = [technicalUser.secret, application.secret, ...passphrases];
    const values = [...known, ...hub.tokens, ...issued, this.#writeToken];
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

export const test = base.extend<{ services: Services }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner reads the fixtures used from it
  services: async ({}, use) => {
    const services = await Services.start();
    await use(services);
    await services.stop();
  },
});

export const resultsOf = ({ jobs }: Played) =>
  Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));
export const outcomesOf = (job: PlayedJob | undefined) => job?.steps.map(({ outcome }) => outcome);
export const logOf = ({ jobs }: Played) =>
  Object.values(jobs).flatMap((job) => job.steps.flatMap(({ log }) => log));
