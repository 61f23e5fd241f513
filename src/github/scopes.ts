import type { getOctokit } from '@actions/github';
import type { Secret } from '../secret.ts';

export type Octokit = ReturnType<typeof getOctokit>;

export type SettingKind = 'secret' | 'variable';

/** A GitHub secret or variable, without its value. */
export interface Setting {
  readonly kind: SettingKind;
  readonly name: string;
  /** the scope in words, for example `repository octo/device` */
  readonly scope: string;
}

/** Where secrets and variables are stored. */
export interface SecretScope {
  readonly kind: ScopeKind;
  /** in words, for example `environment production of repository octo/device` */
  readonly title: string;
  /** the permissions that a token needs for writing */
  readonly permissions: Readonly<Record<SettingKind, string>>;
  /** what to do if it does not exist: a sentence */
  readonly adviceWhenMissing: string;
  readonly callsOf: (octokit: Octokit) => ScopeCalls;
}

/** GitHub's API calls for one scope. */
export interface ScopeCalls {
  getPublicKey(): Promise<OctokitAnswer>;
  listSecrets(page: Page): Promise<OctokitAnswer>;
  putSecret(secret: Texts<'secret_name' | 'encrypted_value' | 'key_id'>): Promise<OctokitAnswer>;
  deleteSecret(name: string): Promise<OctokitAnswer>;
  listVariables(page: Page): Promise<OctokitAnswer>;
  createVariable(variable: Variable): Promise<OctokitAnswer>;
  updateVariable(variable: Variable): Promise<OctokitAnswer>;
  deleteVariable(name: string): Promise<OctokitAnswer>;
}

/** A page of a list, counted from 1. */
interface Page {
  readonly page: number;
  readonly per_page: number;
}

export interface OctokitAnswer {
  /** the parsed body; not checked, despite Octokit's types */
  readonly data: unknown;
}

type Texts<K extends string> = Readonly<Record<K, string>>;

export type Variable = Texts<'name' | 'value'>;

interface ScopeDefinition {
  /** the maximum number of secrets */
  readonly room: number;
  readonly scopeOf: (names: Texts<'owner' | 'repo' | 'environment'>) => SecretScope;
}

export type ScopeKind = 'repository' | 'environment';

/** Every kind of scope, by its word in `destination`. */
export const SCOPES: Readonly<Record<ScopeKind, ScopeDefinition>> = {
  repository: {
    room: 100,
    scopeOf: ({ owner, repo }) => ({
      kind: 'repository',
      title: `repository ${owner}/${repo}`,
      permissions: { secret: 'secrets: write', variable: 'variables: write' },
      adviceWhenMissing: 'Check `repository`, and that the token has access to it.',
      callsOf: ({ rest: { actions } }) => ({
        getPublicKey: () => actions.getRepoPublicKey({ owner, repo }),
        listSecrets: (page) => actions.listRepoSecrets({ owner, repo, ...page }),
        putSecret: (secret) => actions.createOrUpdateRepoSecret({ owner, repo, ...secret }),
        deleteSecret: (name) => actions.deleteRepoSecret({ owner, repo, secret_name: name }),
        listVariables: (page) => actions.listRepoVariables({ owner, repo, ...page }),
        createVariable: (variable) => actions.createRepoVariable({ owner, repo, ...variable }),
        updateVariable: (variable) => actions.updateRepoVariable({ owner, repo, ...variable }),
        deleteVariable: (name) => actions.deleteRepoVariable({ owner, repo, name }),
      }),
    }),
  },
  environment: {
    room: 100,
    scopeOf: ({ owner, repo, environment: environment_name }) => ({
      kind: 'environment',
      title: `environment ${environment_name} of repository ${owner}/${repo}`,
      permissions: { secret: 'environments: write', variable: 'environments: write' },
      adviceWhenMissing:
        "Create the environment in the repository's settings first, and check `repository` and `environment`.",
      callsOf: ({ rest: { actions } }) => {
        const at = { owner, repo, environment_name };
        return {
          getPublicKey: () => actions.getEnvironmentPublicKey(at),
          listSecrets: (page) => actions.listEnvironmentSecrets({ ...at, ...page }),
          putSecret: (secret) => actions.createOrUpdateEnvironmentSecret({ ...at, ...secret }),
          deleteSecret: (name) => actions.deleteEnvironmentSecret({ ...at, secret_name: name }),
          listVariables: (page) => actions.listEnvironmentVariables({ ...at, ...page }),
          createVariable: (variable) => actions.createEnvironmentVariable({ ...at, ...variable }),
          updateVariable: (variable) => actions.updateEnvironmentVariable({ ...at, ...variable }),
          deleteVariable: (name) => actions.deleteEnvironmentVariable({ ...at, name }),
        };
      },
    }),
  },
};

export const scopeKinds = Object.keys(SCOPES) as readonly ScopeKind[];

/** Where secrets are stored, their names, and the token that may change them. */
export interface GitHubSettings {
  /** base URL of GitHub's REST API */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly scopes: readonly SecretScope[];
  readonly secretPrefix: string;
  /** whether to set variables with the ids in addition to the secrets */
  readonly variables: boolean;
}

/** Private key and certificate. */
export const SECRETS_PER_AGENT = 2;

const PRIVATE_KEY = '_PRIVATE_KEY';

/** Whether a setting that was pushed for an agent is its private key. */
export function isPrivateKey({ kind, name }: Setting): boolean {
  return kind === 'secret' && name.endsWith(PRIVATE_KEY);
}

/** `PREFIX_PRIVATE_KEY` and so on; with several agents `PREFIX_<NAME>_PRIVATE_KEY`. */
export function settingNames(prefix: string, agent: string, several: boolean) {
  const base = several ? `${prefix}_${settingName(agent)}` : prefix;
  return {
    privateKey: `${base}${PRIVATE_KEY}`,
    certificate: `${base}_CERTIFICATE`,
    agentId: `${base}_AGENT_ID`,
    clientId: `${base}_CLIENT_ID`,
  };
}

/** An agent's name as part of a secret's name. Different names may become the same. */
export function settingName(agent: string): string {
  return agent.toUpperCase().replace(/[^A-Z0-9_]/gu, '_');
}

/** The settings that the create action pushes for an agent. */
export function settingsOf(
  agent: string,
  { scopes, secretPrefix, variables }: GitHubSettings,
  { several }: { readonly several: boolean },
): readonly Setting[] {
  const { privateKey, certificate, ...ids } = settingNames(secretPrefix, agent, several);
  const secrets = [privateKey, certificate].map((name) => ({ kind: 'secret', name }) as const);
  const others = Object.values(ids).map((name) => ({ kind: 'variable', name }) as const);
  const all = [...secrets, ...(variables ? others : [])];
  return scopes.flatMap(({ title: scope }) => all.map((setting) => ({ ...setting, scope })));
}
