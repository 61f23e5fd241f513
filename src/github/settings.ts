import { asFailure, Failure, hasStatus } from '../failure.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import { asObject, asText } from '../json.ts';
import type { Secret } from '../secret.ts';
import { type GitHubApi, type GitHubCall, type GitHubServices, gitHubApi } from './octokit.ts';
import type { GitHubSettings, SecretScope, Setting, Variable } from './scopes.ts';
import { readPublicKey, sealSecret } from './sealed-box.ts';

/** The statuses of a successful write. A 200 comes from something in between, not from GitHub. */
const WRITTEN = [201, 204];

/** GitHub's largest page sizes. */
const PER_PAGE = { secret: 100, variable: 30 } as const;

/** More pages than any scope has. */
const MOST_PAGES = 100;

/** The public key that seals the secrets of a scope. */
export interface SealingKey {
  readonly id: string;
  readonly key: Buffer;
}

/** Returns a function that opens scopes. If GitHub asks to slow down, all of them do. */
export function scopeOpener(settings: GitHubSettings, services: GitHubServices) {
  const api = gitHubApi(settings, services);
  return (scope: SecretScope) => new ScopeSettings(api, scope);
}

/** The secrets and variables of one scope. Each method throws the failure of its last call. */
export class ScopeSettings {
  readonly #api: GitHubApi;
  readonly #scope: SecretScope;

  constructor(api: GitHubApi, scope: SecretScope) {
    this.#api = api;
    this.#scope = scope;
  }

  get title(): string {
    return this.#scope.title;
  }

  /** Checks that the token can access the scope, and its variables if wanted. Returns the key for secrets. */
  async prepare(limit: TimeLimit, { variables }: Pick<GitHubSettings, 'variables'>) {
    const key = this.fetchSealingKey(limit);
    await Promise.all([key, variables && this.checkVariables(limit)]);
    return key;
  }

  /** Reads the public key (`GET …/secrets/public-key`). Throws `destination-invalid`. */
  async fetchSealingKey(limit: TimeLimit): Promise<SealingKey> {
    const action = 'Reading the public key for secrets';
    const { data, call } = await preparing(
      this.#call('secret', action, (calls) => calls.getPublicKey(), limit),
    );
    const answer = asObject(data);
    const id = asText(answer?.['key_id']);
    const key = readPublicKey(asText(answer?.['key']) ?? '');
    if (id !== undefined && key !== undefined) return { id, key };
    throw new Failure(
      'destination-invalid',
      `${action} of ${this.title} returned no key. Check that the runner's GITHUB_API_URL is the URL of GitHub's API.`,
      { call },
    );
  }

  /** Reads the variables (`GET …/variables`). Throws `destination-invalid`. */
  async checkVariables(limit: TimeLimit): Promise<void> {
    const action = 'Reading the variables';
    const send: GitHubCall['send'] = (calls) => calls.listVariables({ page: 1, per_page: 1 });
    await preparing(this.#call('variable', action, send, limit));
  }

  /**
   * The names of all existing secrets or variables, in upper case (`GET …/secrets` and
   * `GET …/variables`, page by page). Throws `destination-invalid`.
   */
  async listNames(kind: Setting['kind'], limit: TimeLimit): Promise<ReadonlySet<string>> {
    const names = new Set<string>();
    for (let page = 1; page <= MOST_PAGES; page++) {
      const pages = { page, per_page: PER_PAGE[kind] };
      const send: GitHubCall['send'] = (calls) =>
        kind === 'secret' ? calls.listSecrets(pages) : calls.listVariables(pages);
      const action = `Listing the ${kind}s`;
      const { data, call } = await preparing(this.#call(kind, action, send, limit));
      const list = asObject(data)?.[`${kind}s`];
      const total = asObject(data)?.['total_count'];
      const found = Array.isArray(list) ? list.map((one) => asText(asObject(one)?.['name'])) : [];
      if (!Array.isArray(list) || typeof total !== 'number' || found.includes(undefined)) {
        const message = `${action} of ${this.title} returned no list, so it is not known which exist. Check that the runner's GITHUB_API_URL is the URL of GitHub's API.`;
        throw new Failure('destination-invalid', message, { call });
      }
      for (const name of found) names.add(name?.toUpperCase() ?? '');
      if (found.length === 0 || names.size >= total) break;
    }
    return names;
  }

  /** Seals and sets a secret (`PUT …/secrets/{name}`). */
  async setSecret(name: string, value: Secret, { id, key }: SealingKey, limit: TimeLimit) {
    const sealed = { secret_name: name, encrypted_value: sealSecret(value, key), key_id: id };
    const action = `Writing secret ${name}`;
    await this.#call('secret', action, (calls) => calls.putSecret(sealed), limit, WRITTEN);
  }

  /**
   * Sets a variable. One call updates it (`PATCH …/variables/{name}`, 404 if it does not exist), and
   * another creates it (`POST …/variables`, 409 if it exists, perhaps from an earlier try).
   */
  async setVariable(variable: Variable, limit: TimeLimit): Promise<void> {
    const action = `Writing variable ${variable.name}`;
    let mayBeDone = false;
    const attempt = async (send: GitHubCall['send']) => {
      const call = this.#call('variable', action, send, limit, WRITTEN);
      const failure = await call.then(() => undefined, asFailure);
      mayBeDone ||= failure?.mayBeDone ?? false;
      return failure;
    };
    const update = () => attempt((calls) => calls.updateVariable(variable));
    let failure = await update();
    if (hasStatus(failure, 404)) failure = await attempt((calls) => calls.createVariable(variable));
    if (hasStatus(failure, 409)) failure = await update();
    if (failure === undefined) return;
    const { code, message, call, cause } = failure;
    throw new Failure(code, message, { call, cause, mayBeDone });
  }

  /** Deletes a secret or variable (`DELETE …/{name}`). Also succeeds if it does not exist. */
  async delete({ kind, name }: Pick<Setting, 'kind' | 'name'>, limit: TimeLimit): Promise<void> {
    const send: GitHubCall['send'] = (calls) =>
      kind === 'secret' ? calls.deleteSecret(name) : calls.deleteVariable(name);
    await this.#call(kind, `Deleting ${kind} ${name}`, send, limit, [204, 404]);
  }

  #call(
    kind: Setting['kind'],
    action: string,
    send: GitHubCall['send'],
    limit: TimeLimit,
    expect?: readonly number[],
  ) {
    const what = `${action} of ${this.title}`;
    return this.#api({ what, scope: this.#scope, kind, send, ...(expect && { expect }) }, limit);
  }
}

/** Turns GitHub's rejections into `destination-invalid`. Temporary failures keep their codes. */
async function preparing<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    const { code, message, call: failed } = asFailure(error);
    if (code !== 'request-rejected' && code !== 'response-invalid') throw error;
    throw new Failure('destination-invalid', message, { call: failed, cause: error });
  }
}
