import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { GitHub } from '../../sandbox/github/github.ts';
import { issueAppToken } from './app-token.ts';
import type { Artifacts } from './artifacts.ts';
import type { Values } from './workflow-file.ts';

/** The result of running a step. */
export interface StepRun {
  readonly passed: boolean;
  readonly outputs: Values;
  readonly log: readonly string[];
  /** values to mask from now on */
  readonly masks?: readonly string[];
}

/** What the actions of others work with. */
export interface ActionContext {
  readonly github: GitHub;
  readonly artifacts: Artifacts;
  /** the files of the repository, by path */
  readonly files: Values;
  readonly workspace: string;
}

const NO_APP = 'Error: an App needs client-id and private-key';

/** Plays one of the actions of others that the recipes use. Throws for any other. */
export async function playOtherAction(
  uses: string,
  inputs: Values,
  { github, artifacts, files, workspace }: ActionContext,
): Promise<StepRun> {
  switch (/^actions\/([\w-]+)@(?:v\d+|[0-9a-f]{40})$/.exec(uses)?.[1]) {
    case 'checkout':
      await checkOut(files, workspace);
      return { passed: true, outputs: {}, log: [] };
    case 'upload-artifact':
      return { outputs: {}, ...(await artifacts.upload(inputs, workspace)) };
    case 'download-artifact':
      return { outputs: {}, ...(await artifacts.download(inputs, workspace)) };
    case 'create-github-app-token': {
      const token = issueAppToken(github, inputs);
      if (token === undefined) return { passed: false, outputs: {}, log: [NO_APP] };
      return { passed: true, outputs: { token }, log: [], masks: [token] };
    }
    default:
      throw new Error(`${uses || 'a step without run and uses'} is not played`);
  }
}

/** Empties the workspace, and writes the repository's files. */
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
