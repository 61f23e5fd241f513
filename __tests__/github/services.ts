import { onTestFinished } from 'vitest';
import { GitHub, type Permissions } from '../../sandbox/github/github.ts';
import { gitHubApi } from '../../src/github/octokit.ts';
import { SCOPES, type ScopeKind, scopeKinds } from '../../src/github/scopes.ts';
import { ScopeSettings } from '../../src/github/settings.ts';
import { HttpClient } from '../../src/http/client.ts';
import { TimeLimit } from '../../src/http/time-limit.ts';
import { Secret } from '../../src/secret.ts';

/** Has to be encoded in paths. */
const ENVIRONMENT = 'production/eu 1';

export const kinds = scopeKinds.map((kind) => ({ kind }));

/** The permission that the secrets of a scope take, and that its variables take. */
export const PERMISSIONS = {
  repository: ['secrets', 'variables'],
  environment: ['environments', 'environments'],
} as const satisfies Record<ScopeKind, readonly (keyof Permissions)[]>;

export const scopeOf = (kind: ScopeKind, names: { repo?: string; environment?: string } = {}) =>
  SCOPES[kind].scopeOf({ owner: 'octo', repo: 'device', environment: ENVIRONMENT, ...names });

/** An embedded GitHub, and its client. Time passes only when somebody waits. */
export async function startGitHub() {
  const github = await GitHub.start();
  const vaults = { repository: github.vault, environment: github.addEnvironment(ENVIRONMENT) };
  const proxies = { proxy: undefined, direct: [] };
  const http = new HttpClient({ proxies, debug: () => {} });
  const cancel = new AbortController();
  const never = new AbortController().signal;
  const limit = new TimeLimit(300, { cancelled: cancel.signal, graceOver: never });
  onTestFinished(async () => {
    limit.end();
    http.close();
    await github.stop();
  });
  const time = { now: Date.parse('2025-01-01T00:00:00Z'), waits: [] as number[] };
  const clock = {
    now: () => time.now,
    random: () => 0,
    sleep: async (milliseconds: number) => {
      time.waits.push(milliseconds);
      time.now += milliseconds;
    },
  };
  const services = { http, clock };
  const settingsWith = (token = github.issueToken()) => ({
    apiUrl: github.apiUrl,
    token: new Secret(token),
  });
  const apiWith = (token?: string) => gitHubApi(settingsWith(token), services);
  const openScope = (kind: ScopeKind, token?: string, scope = scopeOf(kind)) =>
    new ScopeSettings(apiWith(token), scope);
  return { github, vaults, limit, cancel, time, services, settingsWith, apiWith, openScope };
}
