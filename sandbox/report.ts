import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';

/** Everything that a run of the demo shows, for scripts. It contains no secrets. */
export interface DemoReport {
  readonly command: 'create' | 'delete';
  /** of the action: 0 or 1 */
  readonly exitCode: number;
  readonly step: { readonly uses: string; readonly with: Readonly<Record<string, string>> };
  /** masked as on GitHub */
  readonly log: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown */
  readonly summary: string;
  /** the files in the workspace after the step */
  readonly files: readonly ShownFile[];
  /** the certificates, agents, assets, secrets and variables that exist after the step */
  readonly resources: readonly string[];
  /** what the device published */
  readonly messages: readonly Message[];
  /** the same after the post step, if the action has one */
  readonly post?: Pick<DemoReport, 'log' | 'files' | 'resources'>;
  readonly requests: readonly { readonly method: string; readonly path: string }[];
}

export interface ShownFile {
  /** relative to the workspace */
  readonly path: string;
  /** octal, such as 0600 */
  readonly mode: string;
  /** bytes */
  readonly size: number;
}

export interface Message {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
}

export async function filesIn(workspace: string): Promise<readonly ShownFile[]> {
  const names = (await readdir(workspace, { recursive: true })).sort();
  const files = names.map(async (name) => {
    const { mode, size } = await stat(path.join(workspace, name));
    return { path: name, mode: (mode & 0o777).toString(8).padStart(4, '0'), size };
  });
  return Promise.all(files);
}

export function requestsOf({ requests }: InsightsHub): DemoReport['requests'] {
  return requests.map(({ method, path: way }) => ({ method, path: way }));
}

/** Lists what exists: certificates, agents, assets, and the names of secrets and variables. */
export function resourcesOf(hub: InsightsHub, github: GitHub | undefined): readonly string[] {
  const certificates = [...hub.certificates.values()].map(
    ({ id, clientId }) => `certificate ${id} of ${clientId}`,
  );
  const agents = [...hub.agents.values()].map(({ clientId, id, boarding, entityId }) => {
    const asset = entityId === undefined ? 'no asset' : `asset ${entityId}`;
    return `agent ${clientId} (id ${id}), ${boarding}, ${asset}`;
  });
  const assets = [...hub.assets.values()].map(({ id, externalId }) => {
    return `asset ${id} with external id ${externalId}`;
  });
  return [...certificates, ...agents, ...assets, ...(github ? settingsOf(github) : [])];
}

function settingsOf(github: GitHub): readonly string[] {
  return placesOf(github).flatMap(([place, { secrets, variables }]) => [
    ...[...secrets.keys()].map((name) => `secret ${name} of ${place}`),
    ...[...variables].map(([name, value]) => `variable ${name} of ${place}: ${value}`),
  ]);
}

/** The repository and its environments, by name. */
export function placesOf(github: GitHub) {
  return [
    [`repository ${github.repository}`, github.vault] as const,
    ...[...github.environments].map(([name, vault]) => [`environment ${name}`, vault] as const),
  ];
}
