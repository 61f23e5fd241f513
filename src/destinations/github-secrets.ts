import { Failure } from '../failure.ts';
import { type GitHubApi, gitHubApi } from '../github/api.ts';
import { describePlace, type Place } from '../github/place.ts';
import { fetchSealingKey, type SealingKey, setSecret } from '../github/secrets.ts';
import { checkVariables, setVariable } from '../github/variables.ts';
import type { HttpClient } from '../http/client.ts';
import type { Clock } from '../http/retry.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { AgentRequest, IssuedCertificate } from '../insights-hub/agent-certificates.ts';
import { Secret } from '../secret.ts';
import type { DeliveryReport, Destination, Setting } from './destination.ts';
import type { GitHubSettings } from './github-settings.ts';
import type { MadeLog } from './journal.ts';
import { type SettingNames, settingNames } from './setting-names.ts';

export interface GitHubServices {
  readonly http: HttpClient;
  readonly clock: Clock;
}

export interface DestinationServices extends GitHubServices {
  /** whether names are those of several agents */
  readonly several: boolean;
  /** Learns of what the post step is to remove, before it is written. */
  readonly made: MadeLog;
}

/** The destination that each place for secrets is. */
export function gitHubDestinations(
  { apiUrl, token, secretPrefix, variables }: GitHubSettings,
  { several, made, ...services }: DestinationServices,
): (place: Place) => Destination {
  const api = gitHubApi({ apiUrl, token, ...services });
  const names = settingNames(secretPrefix, several);
  return (place) => new GitHubSecrets({ api, place, names, variables, made });
}

interface GitHubSecretsOptions {
  readonly api: GitHubApi;
  readonly place: Place;
  readonly names: SettingNames;
  /** whether ids go into variables beside the secrets */
  readonly variables: boolean;
  readonly made: MadeLog;
}

/** Secrets of a repository or an environment: one for the private key, one for the certificate. */
class GitHubSecrets implements Destination {
  readonly #options: GitHubSecretsOptions;
  #key: SealingKey | undefined;

  constructor(options: GitHubSecretsOptions) {
    this.#options = options;
  }

  async prepare(_: readonly AgentRequest[], limit: TimeLimit): Promise<void> {
    const { api, place, variables } = this.#options;
    const [key] = await Promise.all([
      fetchSealingKey(api, place, limit),
      variables && checkVariables(api, place, limit),
    ]);
    this.#key = key;
  }

  /** Key and certificate at the same time, so that they differ for a short moment only; then ids. */
  async deliver(issued: IssuedCertificate, limit: TimeLimit): Promise<DeliveryReport> {
    const { names } = this.#options;
    const secrets = [
      { name: names.privateKey(issued.name), value: issued.privateKey },
      { name: names.certificate(issued.name), value: new Secret(issued.certificate) },
    ];
    const pushed = await this.#writeAll(
      'secret',
      secrets.map(({ name, value }) => ({
        name,
        write: () => this.#setSecret(name, value, limit),
      })),
    );
    const isKept = pushed.failure === undefined;
    if (!isKept || !this.#options.variables) return { ...pushed, isKept };
    const ids = await this.#writeAll('variable', this.#variablesOf(issued, limit));
    const settings = [...(pushed.delivery.settings ?? []), ...(ids.delivery.settings ?? [])];
    return { ...ids, delivery: { settings }, isKept };
  }

  async keep(): Promise<void> {
    // What GitHub has, it keeps.
  }

  async #setSecret(name: string, value: Secret, limit: TimeLimit): Promise<void> {
    if (this.#key === undefined) throw new Error('not prepared');
    await setSecret(this.#options.api, this.#options.place, { name, value, key: this.#key }, limit);
  }

  /** An id that the service did not give has no variable. */
  #variablesOf(issued: IssuedCertificate, limit: TimeLimit): readonly Write[] {
    const { api, place, names } = this.#options;
    const ids = [
      { name: names.agentId(issued.name), value: issued.agentId },
      { name: names.clientId(issued.name), value: issued.clientId },
    ];
    return ids.flatMap(({ name, value }) =>
      value === undefined
        ? []
        : [{ name, write: () => setVariable(api, place, { name, value }, limit) }],
    );
  }

  async #writeAll(
    kind: Setting['kind'],
    writes: readonly Write[],
  ): Promise<Pick<DeliveryReport, 'delivery' | 'failure'>> {
    const place = describePlace(this.#options.place);
    const results = await Promise.allSettled(
      writes.map(({ name, write }) => this.#noted({ kind, name, place }, write)),
    );
    const settings = writes.flatMap(({ name }, index) =>
      results[index]?.status === 'fulfilled' ? [{ kind, name, place }] : [],
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return { delivery: { settings } };
    return { delivery: { settings }, failure: deliveryFailure(failed.reason) };
  }

  /** Writes a setting that is noted before: what was surely not written is nobody's to remove. */
  async #noted(setting: Setting, write: () => Promise<void>): Promise<void> {
    const { made } = this.#options;
    made.note({ kind: 'setting', setting, state: 'writing' });
    try {
      await write();
    } catch (error) {
      const isSurelyNot = error instanceof Failure && !error.mayBeDone;
      if (isSurelyNot) made.note({ kind: 'setting', setting, state: 'absent' });
      throw error;
    }
  }
}

interface Write {
  readonly name: string;
  readonly write: () => Promise<void>;
}

function deliveryFailure(error: unknown): Failure {
  if (!(error instanceof Failure)) throw error;
  return new Failure('delivery-failed', error.message, { call: error.call, cause: error });
}
