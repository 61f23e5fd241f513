import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';

export type Values = Readonly<Record<string, string>>;

/** One job of a runner: a workspace, and the variables that the runner sets. */
export interface JobFolder {
  readonly root: string;
  readonly workspace: string;
  /** of this process's environment, only what programs need */
  readonly env: Values;
}

/** Sets up a job with files in its workspace, and deletes it after use. */
export async function withJobFolder<Result>(
  files: Values,
  use: (job: JobFolder) => Promise<Result>,
): Promise<Result> {
  const root = await mkdtemp(path.join(tmpdir(), 'bench-'));
  try {
    const workspace = path.join(root, 'work');
    await mkdir(workspace);
    for (const [name, text] of Object.entries(files)) {
      await writeFile(path.join(workspace, name), text);
    }
    return await use({ root, workspace, env: await environment(root, workspace) });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function environment(root: string, workspace: string): Promise<Values> {
  const temporary = path.join(root, 'temp');
  await mkdir(temporary);
  const commands: Record<string, string> = {};
  for (const name of ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY']) {
    const file = path.join(root, name.toLowerCase());
    await writeFile(file, '');
    commands[`GITHUB_${name}`] = file;
  }
  const { PATH = '', SystemRoot = '' } = process.env;
  return {
    ...{ PATH, HOME: root, CI: 'true', GITHUB_ACTIONS: 'true', ...commands },
    ...(SystemRoot && { SystemRoot }),
    GITHUB_WORKSPACE: workspace,
    GITHUB_REPOSITORY: 'octo/device',
    RUNNER_TEMP: temporary,
  };
}

const ACTION_FILE = path.resolve(import.meta.dirname, '../../action.yml');
const known = readFile(ACTION_FILE, 'utf8').then(
  (text) =>
    (parse(text) as { readonly inputs: Readonly<Record<string, { readonly default?: string }>> })
      .inputs,
);

/** The inputs as the action reads them, with the defaults of its file. Throws for an unknown input. */
export async function inputVariables(given: Values): Promise<Values> {
  const inputs = await known;
  const unknown = Object.keys(given).filter((name) => !(name in inputs));
  if (unknown.length > 0) throw new Error(`the action has no input ${unknown.join(', ')}`);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, input]) => {
      // The one default that is an expression names the repository, which the environment does, too.
      const value = given[name] ?? String(input.default ?? '').replace(/^\$\{\{.*\}\}$/, '');
      return [`INPUT_${name.toUpperCase()}`, value];
    }),
  );
}
