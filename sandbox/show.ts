import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { GitHub } from './github/github.ts';
import type { InsightsHub } from './insights-hub/insights-hub.ts';
import type { StepOptions } from './runner/runner.ts';

/** What a person sees of the demo. */
export function section(title: string): void {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(0, 74 - title.length))}`);
}

export function showLines(title: string, lines: readonly string[]): void {
  section(title);
  for (const line of lines) console.log(line);
  if (lines.length === 0) console.log('(none)');
}

export function showPairs(title: string, pairs: Readonly<Record<string, string>>): void {
  section(title);
  const width = Math.max(...Object.keys(pairs).map(({ length }) => length));
  for (const [name, value] of Object.entries(pairs)) console.log(`${name.padEnd(width)}  ${value}`);
}

/** A step as a workflow has it, with its secrets hidden. */
export function showStep({ action, inputs, secrets = [] }: StepOptions, hub: InsightsHub): void {
  section('The step of a workflow');
  console.log(`- uses: OWNER/REPO${action ? `/${action}` : ''}@v1\n  with:`);
  const shown = Object.entries(inputs).flatMap(([name, value]) => {
    if (value === '') return [];
    return [[name, secrets.includes(value) ? '***' : value]];
  });
  showInputs(Object.fromEntries(shown), '    ');
  console.log(`(api-url and token-url lead to the embedded Insights Hub at ${hub.origin})`);
}

export function showInputs(inputs: Readonly<Record<string, string>>, indent = ''): void {
  for (const [name, value] of Object.entries(inputs)) {
    const block = value.includes('\n')
      ? `|\n${indent}  ${value.replaceAll('\n', `\n${indent}  `)}`
      : value;
    console.log(`${indent}${name}: ${block}`);
  }
}

export async function showFiles(workspace: string): Promise<void> {
  const names = (await readdir(workspace, { recursive: true })).sort();
  const lines = names.map(async (name) => {
    const { mode, size } = await stat(path.join(workspace, name));
    return `${(mode & 0o777).toString(8).padStart(4, '0')} ${String(size).padStart(6)}  ${name}`;
  });
  showLines('Files in the workspace', await Promise.all(lines));
}

export function showRequests({ requests }: InsightsHub): void {
  const lines = requests.map(({ method, path: way }) => `${method} ${decodeURIComponent(way)}`);
  showLines('What Insights Hub was asked', lines);
}

/** What exists: agents and their assets, and names of secrets and variables. */
export function showBooks(title: string, hub: InsightsHub, github: GitHub | undefined): void {
  const agents = [...hub.agents.values()].map(({ clientId, id, boarding, entityId }) => {
    const asset = entityId === undefined ? 'no asset' : `asset ${entityId}`;
    return `agent ${clientId} (id ${id}), ${boarding}, ${asset}`;
  });
  const assets = [...hub.assets.values()].map(({ id, externalId }) => {
    return `asset ${id} with external id ${externalId}`;
  });
  showLines(title, [...agents, ...assets, ...(github ? settingsOf(github) : [])]);
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
