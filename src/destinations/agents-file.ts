import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import { makeDirectory } from './directory.ts';
import { makeFiles } from './new-files.ts';
import type { WorkspaceOptions } from './workspace.ts';

/** Writes the results of a fleet beside the files: as `agents.json`, or under a free name. */
export function writeAgentsFile(json: string, options: WorkspaceOptions): string {
  makeDirectory(options);
  const names = ['agents.json', `agents-${randomUUID()}.json`];
  for (const name of names) {
    const file = path.join(options.directory, name);
    try {
      makeFiles([{ path: file, content: `${json}\n`, mode: 0o644 }], options);
      return file;
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  throw new Error('no name is free');
}
