import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitHub } from '../github/github.ts';
import { issueAppToken } from './app-token.ts';
import type { Artifacts } from './artifacts.ts';
import type { Values } from './workflow-file.ts';

/** What a step did; masks are values that must not be shown from then on. */
export interface Ran {
  readonly passed: boolean;
  readonly outputs: Values;
  readonly log: readonly string[];
  readonly masks?: readonly string[];
}

/** What actions that are not ours have to do with. */
export interface Surroundings {
  readonly github: GitHub;
  readonly artifacts: Artifacts;
  /** the files of the repository, by path */
  readonly files: Values;
  readonly workspace: string;
}

/** Plays an action that is not ours. Throws for one that is not known. */
export async function playTheirAction(
  uses: string,
  inputs: Values,
  { github, artifacts, files, workspace }: Surroundings,
): Promise<Ran> {
  switch (/^actions\/([\w-]+)@v\d+$/.exec(uses)?.[1]) {
    case 'checkout':
      await checkOut(files, workspace);
      return { passed: true, outputs: {}, log: [] };
    case 'upload-artifact':
      return { outputs: {}, ...(await artifacts.upload(inputs, workspace)) };
    case 'download-artifact':
      return { outputs: {}, ...(await artifacts.download(inputs, workspace)) };
    case 'create-github-app-token': {
      const token = issueAppToken(github, inputs);
      return { passed: true, outputs: { token }, log: [], masks: [token] };
    }
    default:
      throw new Error(`${uses || 'a step without run and uses'} is not played`);
  }
}

/** A checkout leaves nothing in the workspace but the repository's files. */
async function checkOut(files: Values, workspace: string): Promise<void> {
  for (const name of await readdir(workspace)) {
    await rm(path.join(workspace, name), { recursive: true });
  }
  for (const [file, text] of Object.entries(files)) {
    const target = path.join(workspace, file);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, text);
  }
}
