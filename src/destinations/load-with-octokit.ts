import { withoutVariables } from '../without-variables.ts';

/**
 * What `@actions/github` reads while it loads, to offer things that are not used here: the event of
 * the job, and proxies, which the project's own client takes care of. Broken ones must not fail the
 * step.
 */
const HIDDEN = ['GITHUB_EVENT_PATH', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Loads a module that needs Octokit, which is for runs that have to do with GitHub's API only. */
export function loadWithOctokit<T>(load: () => Promise<T>): Promise<T> {
  return withoutVariables(HIDDEN, load);
}
