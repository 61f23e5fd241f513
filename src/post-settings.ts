import { gitHubEraser } from './destinations/github-secrets.ts';
import { asFailure, Failure } from './failure.ts';
import type { GitHubServices } from './github/octokit.ts';
import type { GitHubSettings, SecretScope, Setting } from './github/scopes.ts';
import type { TimeLimit } from './http/time-limit.ts';
import { nameOfSetting } from './report/left.ts';

/** What stays, and why. */
export interface Left {
  readonly failure: Failure;
  readonly names: readonly string[];
}

interface Means {
  readonly services: GitHubServices;
  /** whether a scope is where the step wrote */
  readonly isKnown: (scope: SecretScope, settings: GitHubSettings) => boolean;
  /** starts the time for one piece of work */
  readonly limit: () => TimeLimit;
  readonly removed: (setting: Setting) => void;
}

/** Removes secrets and variables where they were written, and returns what is left. */
export async function removeSettings(
  settings: readonly Setting[],
  github: GitHubSettings | undefined,
  means: Means,
): Promise<readonly Left[]> {
  if (settings.length === 0) return [];
  const scopes = github?.scopes.filter((scope) => means.isKnown(scope, github)) ?? [];
  const isThere = ({ scope }: Setting) => scopes.some(({ title }) => title === scope);
  const elsewhere = settings.filter((setting) => !isThere(setting));
  const message =
    "These were not removed, because `destination`, `repository`, `environment` or the address of GitHub's API does not name their place any more.";
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
  { services, limit: start, removed }: Means,
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
  // What a token does not see would count as gone.
  const unseen = await within((limit) => eraser.prepare(limit));
  if (unseen !== undefined) return [{ failure: unseen, names: settings }];
  const failed: { readonly failure: Failure; readonly setting: Setting }[] = [];
  for (const setting of settings) {
    const failure = await within((limit) => eraser.remove(setting, limit));
    if (failure === undefined) removed(setting);
    else failed.push({ failure, setting });
  }
  // The first says why; most have the same reason.
  const [first] = failed;
  const names = failed.map(({ setting }) => setting);
  return first === undefined ? [] : [{ failure: first.failure, names }];
}
