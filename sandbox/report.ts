import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';

/** All that a run of the demo shows, for scripts. No secret is in it. */
export interface DemoReport {
  readonly command: 'create' | 'delete';
  /** that of the action: 0 or 1 */
  readonly exitCode: number;
  readonly step: { readonly uses: string; readonly with: Readonly<Record<string, string>> };
  /** masked as on GitHub */
  readonly log: readonly string[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown */
  readonly summary: string;
  /** in the workspace, after the step */
  readonly files: readonly ShownFile[];
  /** agents, assets, secrets and variables that there are after the step */
  readonly books: readonly string[];
  /** what the broker got from the device */
  readonly messages: readonly Message[];
  /** where the action has a post step: what that left */
  readonly post?: Pick<DemoReport, 'log' | 'files' | 'books'>;
  readonly requests: readonly { readonly method: string; readonly path: string }[];
}

export interface ShownFile {
  /** below the workspace */
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

/** What exists: agents and their assets, and names of secrets and variables. */
export function booksOf(hub: InsightsHub, github: GitHub | undefined): readonly string[] {
  const agents = [...hub.agents.values()].map(({ clientId, id, boarding, entityId }) => {
    const asset = entityId === undefined ? 'no asset' : `asset ${entityId}`;
    return `agent ${clientId} (id ${id}), ${boarding}, ${asset}`;
  });
  const assets = [...hub.assets.values()].map(({ id, externalId }) => {
    return `asset ${id} with external id ${externalId}`;
  });
  return [...agents, ...assets, ...(github ? settingsOf(github) : [])];
}

function settingsOf(github: GitHub): readonly string[] {
  return placesOf(github).flatMap(([place, { secrets, variables }]) => [
    ...[...secrets.keys()].map((name) => `secret ${name} of ${place}`),
    ...[...variables].map(([name, value]) => `variable ${name} of ${place}: ${value}`),
  ]);
}

/** Every place that keeps secrets, by its name. */
export function placesOf(github: GitHub) {
  return [
    [`repository ${github.repository}`, github.vault] as const,
    ...[...github.environments].map(([name, vault]) => [`environment ${name}`, vault] as const),
  ];
}
