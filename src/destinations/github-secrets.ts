import { asFailure, errorCode, Failure } from '../failure.ts';
import type { GitHubServices } from '../github/octokit.ts';
import {
  type GitHubSettings,
  type SecretScope,
  type Setting,
  settingNames,
} from '../github/scopes.ts';
import type { ScopeSettings, SealingKey } from '../github/settings.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/certificates.ts';
import { Secret } from '../secret.ts';
import type { Delivery, Destination } from './destination.ts';
import type { MadeLog } from './journal.ts';

export interface DestinationServices extends GitHubServices {
  /** whether the names include the agent's name, because there are several */
  readonly several: boolean;
  /** whether everything written is deleted with the job, and so must not exist before */
  readonly ephemeral: boolean;
  /** Learns what the post step has to delete, before it is written. */
  readonly made: MadeLog;
}

/** A destination for each scope. */
export function gitHubDestinations(
  settings: GitHubSettings,
  services: DestinationServices,
): readonly Destination[] {
  const open = opener(settings, services);
  return settings.scopes.map(
    (scope) => new GitHubSecrets({ ...settings, ...services, open: () => open(scope) }),
  );
}

/**
 * Opens scopes. Loads Octokit and cryptography with the first one: most runs don't need them, and the
 * token request should go out first.
 */
function opener(settings: GitHubSettings, services: GitHubServices) {
  const load = async () => {
    const { scopeOpener } = await import('../github/settings.ts').catch((cause: unknown) => {
      // Octokit reads the job's context and proxies as soon as it is loaded.
      throw new Failure(
        'destination-invalid',
        `The context of the job, which is needed for GitHub's secrets, can't be read (${errorCode(cause)}). Check the file that GITHUB_EVENT_PATH names, and the proxy variables.`,
        { cause },
      );
    });
    return scopeOpener(settings, services);
  };
  let loaded: ReturnType<typeof load> | undefined;
  return async (scope: SecretScope): Promise<ScopeSettings> => {
    loaded ??= load();
    return (await loaded)(scope);
  };
}

interface Options extends GitHubSettings, DestinationServices {
  readonly open: () => Promise<ScopeSettings>;
}

/** Secrets of a scope: one for the private key, one for the certificate. */
class GitHubSecrets implements Destination {
  readonly #options: Options;
  #prepared: { readonly scope: ScopeSettings; readonly key: SealingKey } | undefined;

  constructor(options: Options) {
    this.#options = options;
  }

  async prepare(agents: readonly AgentRequest[], limit: TimeLimit): Promise<void> {
    const scope = await this.#options.open();
    const [key] = await Promise.all([
      scope.prepare(limit, this.#options),
      this.#options.ephemeral && this.#refuseExisting(scope, agents, limit),
    ]);
    this.#prepared = { scope, key };
  }

  /** The step would overwrite a setting that already has one of its names, and delete it later. */
  async #refuseExisting(
    scope: ScopeSettings,
    agents: readonly AgentRequest[],
    limit: TimeLimit,
  ): Promise<void> {
    const { secretPrefix, variables, several } = this.#options;
    const names = agents.map(({ name }) => settingNames(secretPrefix, name, several));
    const wanted = {
      secret: names.flatMap(({ privateKey, certificate }) => [privateKey, certificate]),
      variable: variables ? names.flatMap(({ agentId, clientId }) => [agentId, clientId]) : [],
    };
    const found = await Promise.all(
      (['secret', 'variable'] as const).map(async (kind) => {
        if (wanted[kind].length === 0) return [];
        const there = await scope.listNames(kind, limit);
        const taken = wanted[kind].filter((name) => there.has(name.toUpperCase()));
        return taken.map((name) => `${kind} ${name}`);
      }),
    );
    if (found.flat().length === 0) return;
    throw new Failure(
      'destination-invalid',
      `These already exist in ${scope.title}: ${found.flat().join(', ')}. With \`ephemeral\`, they would be overwritten, and deleted after the job. Delete them, or choose another \`secret-prefix\`.`,
    );
  }

  /** Pushes key and certificate in parallel, so that they differ only for a moment; then the ids. */
  async deliver(issued: IssuedCertificate, limit: TimeLimit): Promise<Delivery> {
    const { secretPrefix, variables, several } = this.#options;
    const names = settingNames(secretPrefix, issued.name, several);
    const secrets = {
      [names.privateKey]: issued.privateKey,
      [names.certificate]: new Secret(issued.certificate),
    };
    const pushed = await this.#writeAll(secrets, limit);
    const keepsKey = pushed.failure === undefined;
    if (!keepsKey || !variables) return { ...pushed, files: {}, keepsKey };
    const ids = { [names.agentId]: issued.agentId, [names.clientId]: issued.clientId };
    const written = await this.#writeAll(ids, limit);
    const settings = [...pushed.settings, ...written.settings];
    return { ...written, settings, files: {}, keepsKey };
  }

  /** Writes values by name: a `Secret` as a secret, text as a variable; skips missing values. */
  async #writeAll(
    values: Readonly<Record<string, Secret | string | undefined>>,
    limit: TimeLimit,
  ): Promise<Pick<Delivery, 'settings' | 'failure'>> {
    const results = await Promise.all(
      Object.entries(values).flatMap(([name, value]) =>
        value === undefined ? [] : this.#write(name, value, limit),
      ),
    );
    const settings = results.flatMap((result) => (result instanceof Failure ? [] : result));
    const failed = results.find((result) => result instanceof Failure);
    if (failed === undefined) return { settings };
    const { message, call } = failed;
    return { settings, failure: new Failure('delivery-failed', message, { call, cause: failed }) };
  }

  /** Writes a setting, and notes it before and after: only what was written is deleted later. */
  async #write(name: string, value: Secret | string, limit: TimeLimit): Promise<Setting | Failure> {
    const { made } = this.#options;
    if (this.#prepared === undefined) throw new Error('not prepared');
    const { scope, key } = this.#prepared;
    const kind = value instanceof Secret ? 'secret' : 'variable';
    const setting: Setting = { kind, name, scope: scope.title };
    made.note({ kind: 'setting', setting, state: 'writing' });
    try {
      if (value instanceof Secret) await scope.setSecret(name, value, key, limit);
      else await scope.setVariable({ name, value }, limit);
      made.note({ kind: 'setting', setting, state: 'written' });
      return setting;
    } catch (error) {
      const failure = asFailure(error);
      if (!failure.mayBeDone) made.note({ kind: 'setting', setting, state: 'absent' });
      return failure;
    }
  }
}

/** Deletes what was pushed to GitHub. Throws `destination-invalid`, or a call's failure. */
export interface SettingEraser {
  /** Checks that the token can see every scope: only then is a setting that it can't find gone. */
  prepare(limit: TimeLimit): Promise<void>;
  /** Deletes a secret or variable, unless it is gone. */
  delete(setting: Setting, limit: TimeLimit): Promise<void>;
}

export function gitHubEraser(settings: GitHubSettings, services: GitHubServices): SettingEraser {
  const open = opener(settings, services);
  return {
    async prepare(limit) {
      await Promise.all(
        settings.scopes.map(async (scope) => (await open(scope)).prepare(limit, settings)),
      );
    },
    async delete(setting, limit) {
      const { kind, name, scope: title } = setting;
      const scope = settings.scopes.find((known) => known.title === title);
      if (scope !== undefined) return (await open(scope)).delete(setting, limit);
      throw new Failure(
        'destination-invalid',
        `The ${kind} ${name} of ${title} was not deleted, because \`destination\`, \`repository\` or \`environment\` has changed since it was written.`,
      );
    },
  };
}
