/** Where secrets and variables are kept: in a repository, or in one of its environments. */
export type Place =
  | { readonly kind: 'repository'; readonly owner: string; readonly repo: string }
  | {
      readonly kind: 'environment';
      readonly owner: string;
      readonly repo: string;
      readonly environment: string;
    };

/** The place in words. */
export function describePlace(place: Place): string {
  const repository = `repository ${place.owner}/${place.repo}`;
  return place.kind === 'repository'
    ? repository
    : `environment ${place.environment} of ${repository}`;
}

/** What every route of a place begins with, and the values that fill it; Octokit encodes them. */
export function routeOf(place: Place, rest: 'secrets' | 'variables') {
  const { owner, repo } = place;
  return place.kind === 'repository'
    ? { base: `/repos/{owner}/{repo}/actions/${rest}`, values: { owner, repo } }
    : {
        base: `/repos/{owner}/{repo}/environments/{environment}/${rest}`,
        values: { owner, repo, environment: place.environment },
      };
}

/** The permission that writing needs, as tokens name it. */
export function permissionOf(place: Place, rest: 'secrets' | 'variables'): string {
  return place.kind === 'repository' ? `${rest}: write` : 'environments: write';
}
