import { describePlace } from '../github/place.ts';
import type { Setting } from './destination.ts';
import type { GitHubSettings } from './github-settings.ts';

/** A place has room for this many secrets; each agent takes two. */
export const MOST_AGENTS = 50;

/** What secrets and variables are called, for each agent of a list. */
export interface SettingNames {
  privateKey(agent: string): string;
  certificate(agent: string): string;
  agentId(agent: string): string;
  clientId(agent: string): string;
}

/** `PREFIX_PRIVATE_KEY` and so on; with several agents `PREFIX_<NAME>_PRIVATE_KEY`. */
export function settingNames(prefix: string, several: boolean): SettingNames {
  const base = (agent: string) => (several ? `${prefix}_${settingName(agent)}` : prefix);
  return {
    privateKey: (agent) => `${base(agent)}_PRIVATE_KEY`,
    certificate: (agent) => `${base(agent)}_CERTIFICATE`,
    agentId: (agent) => `${base(agent)}_AGENT_ID`,
    clientId: (agent) => `${base(agent)}_CLIENT_ID`,
  };
}

/** An agent's name as part of a secret's: two names may become the same. */
export function settingName(agent: string): string {
  return agent.toUpperCase().replace(/[^A-Z0-9_]/gu, '_');
}

/** What the create action pushes for an agent. */
export function settingsOf(
  agent: string,
  { places, secretPrefix, variables }: GitHubSettings,
  { several }: { readonly several: boolean },
): readonly Setting[] {
  const names = settingNames(secretPrefix, several);
  const secrets = [names.privateKey(agent), names.certificate(agent)];
  const ids = variables ? [names.agentId(agent), names.clientId(agent)] : [];
  return places
    .map(describePlace)
    .flatMap((place) => [
      ...secrets.map((name) => ({ kind: 'secret', name, place }) as const),
      ...ids.map((name) => ({ kind: 'variable', name, place }) as const),
    ]);
}
