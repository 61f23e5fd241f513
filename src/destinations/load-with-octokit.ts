/**
 * What `@actions/github` reads while it loads, to offer things that are not used here: the event of
 * the job, and proxies, which the project's own client takes care of. Broken ones must not fail the
 * step.
 */
const HIDDEN = ['GITHUB_EVENT_PATH', 'http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'];

/** Loads Octokit and the sealed box, which are for runs that push secrets only. */
export async function loadGitHubSecrets() {
  const hidden = Object.entries(process.env).filter(([name]) => HIDDEN.includes(name));
  for (const [name] of hidden) delete process.env[name];
  try {
    return await import('./github-secrets.ts');
  } finally {
    Object.assign(process.env, Object.fromEntries(hidden));
  }
}
