/**
 * What `@actions/github` reads while it loads, to offer things that are not used here: the event of
 * the job, and proxies, which the project's own client takes care of. Broken ones must not fail the
 * step.
 */
const HIDDEN = ['GITHUB_EVENT_PATH', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Loads a module that needs Octokit, which is for runs that have to do with GitHub's API only. */
export async function loadWithOctokit<T>(load: () => Promise<T>): Promise<T> {
  const hidden = Object.entries(process.env).filter(([name]) => HIDDEN.includes(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return await load();
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
