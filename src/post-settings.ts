import { gitHubEraser } from './destinations/github-secrets.ts';
import { asFailure, Failure } from './failure.ts';
import type { GitHubServices } from './github/octokit.ts';
import type { GitHubSettings, SecretScope, Setting } from './github/scopes.ts';
import type { TimeLimit } from './http/time-limit.ts';
import { nameOfSetting } from './report/left.ts';

/** What is left, and why. */
export interface Left {
  readonly failure: Failure;
  readonly names: readonly string[];
}

interface Means {
  readonly services: GitHubServices;
  /** whether the step wrote to a scope */
  readonly isKnown: (scope: SecretScope, settings: GitHubSettings) => boolean;
  /** starts the time limit for one piece of work */
  readonly limit: () => TimeLimit;
  readonly deleted: (setting: Setting) => void;
}

/** Deletes secrets and variables where they were written, and returns what is left. */
export async function deleteSettings(
  settings: readonly Setting[],
  github: GitHubSettings | undefined,
  means: Means,
): Promise<readonly Left[]> {
  if (settings.length === 0) return [];
  const scopes = github?.scopes.filter((scope) => means.isKnown(scope, github)) ?? [];
  const isThere = ({ scope }: Setting) => scopes.some(({ title }) => title === scope);
  const elsewhere = settings.filter((setting) => !isThere(setting));
  const message =
    "These were not deleted, because `destination`, `repository`, `environment` or the URL of GitHub's API has changed since they were written.";
  const lost = { failure: new Failure('destination-invalid', message), names: elsewhere };
  const ours = settings.filter(isThere);
  const left =
    github === undefined || ours.length === 0
      ? []
      : await erase(ours, { ...github, scopes }, means);
  return [lost, ...left].map(({ failure, names }) => ({
    failure,
    names: names.map(nameOfSetting),
  }));
}

interface LeftSettings {
  readonly failure: Failure;
  readonly names: readonly Setting[];
}

async function erase(
  settings: readonly Setting[],
  github: GitHubSettings,
  { services, limit: start, deleted }: Means,
): Promise<readonly LeftSettings[]> {
  const eraser = gitHubEraser(github, services);
  const within = async (work: (limit: TimeLimit) => Promise<void>) => {
    const limit = start();
    try {
      await work(limit);
      return undefined;
    } catch (error) {
      return asFailure(error);
    } finally {
      limit.end();
    }
  };
  // A setting that the token can't see would count as gone.
  const unseen = await within((limit) => eraser.prepare(limit));
  if (unseen !== undefined) return [{ failure: unseen, names: settings }];
  const failed: { readonly failure: Failure; readonly setting: Setting }[] = [];
  for (const setting of settings) {
    const failure = await within((limit) => eraser.delete(setting, limit));
    if (failure === undefined) deleted(setting);
    else failed.push({ failure, setting });
  }
  // The first failure says why: most have the same reason.
  const [first] = failed;
  const names = failed.map(({ setting }) => setting);
  return first === undefined ? [] : [{ failure: first.failure, names }];
}
