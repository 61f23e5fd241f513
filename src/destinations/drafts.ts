import { randomUUID } from 'node:crypto';
import path from 'node:path';
import type { MadeFile, MadeLog } from './journal.ts';

/** Names for files that are not complete yet. */
export interface Drafts {
  /** A free name in the directory: one that is known to go with the job, whatever becomes of it. */
  nameIn(directory: string): string;
}

/** The log learns once a directory what all names in it begin with: a fleet has thousands of them. */
export function draftsIn(log: MadeLog<MadeFile>): Drafts {
  const beginning = `.${randomUUID()}-`;
  const known = new Set<string>();
  let count = 0;
  return {
    nameIn(directory) {
      const start = path.join(directory, beginning);
      if (!known.has(directory)) log.note({ kind: 'drafts', path: start });
      known.add(directory);
      count += 1;
      return `${start}${count}.tmp`;
    },
  };
}
