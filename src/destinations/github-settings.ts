import type { Place } from '../github/place.ts';
import type { Secret } from '../secret.ts';

/** Where secrets are kept, what they are called, and the token that may change them. */
export interface GitHubSettings {
  /** base of GitHub's REST API */
  readonly apiUrl: string;
  readonly token: Secret;
  readonly places: readonly Place[];
  readonly secretPrefix: string;
  readonly variables: boolean;
}
