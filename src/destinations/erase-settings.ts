import { Failure } from '../failure.ts';
import { gitHubApi } from '../github/api.ts';
import { describePlace } from '../github/place.ts';
import { deleteSecret, fetchSealingKey } from '../github/secrets.ts';
import { checkVariables, deleteVariable } from '../github/variables.ts';
import type { TimeLimit } from '../http/time-limit.ts';
import type { Setting } from './destination.ts';
import type { GitHubServices } from './github-secrets.ts';
import type { GitHubSettings } from './github-settings.ts';

/** Removes what was pushed to GitHub. */
export interface Eraser {
  /**
   * Makes sure that the token sees every place, so that what it does not find is gone. Throws
   * `destination-invalid`, or what a call may end in.
   */
  prepare(limit: TimeLimit): Promise<void>;
  /** Removes a secret or variable; one that is gone already is fine. Throws what the call ends in. */
  remove(setting: Setting, limit: TimeLimit): Promise<void>;
}

export function gitHubEraser(
  { apiUrl, token, places, variables }: GitHubSettings,
  services: GitHubServices,
): Eraser {
  const api = gitHubApi({ apiUrl, token, ...services });
  return {
    async prepare(limit) {
      const keys = places.map((place) => fetchSealingKey(api, place, limit));
      const lists = variables ? places.map((place) => checkVariables(api, place, limit)) : [];
      await Promise.all([...keys, ...lists]);
    },
    async remove({ kind, name, place: where }, limit) {
      const place = places.find((known) => describePlace(known) === where);
      if (place === undefined) {
        throw new Failure(
          'destination-invalid',
          `The ${kind} ${name} of ${where} was not removed: \`destination\`, \`repository\` and \`environment\` name another place now.`,
        );
      }
      const erase = kind === 'secret' ? deleteSecret : deleteVariable;
      await erase(api, place, name, limit);
    },
  };
}
