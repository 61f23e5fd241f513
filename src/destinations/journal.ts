import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import { asObject, asText, parseJsonObject } from '../json.ts';
import { type Identity, isIdentity } from './identity.ts';

/** The state that leads the post step to the journal: the path of a file, and nothing else. */
export const JOURNAL_STATE = 'journal';

/** What the step made, or is about to make, and the post step removes. */
export type Made = MadeFile | MadeAgent | MadeSetting;

/**
 * A file or directory, by its absolute path, and by what tells it from others that come to its place:
 * - `key`: a file with a private key, which is missed when it is not there any more
 * - `shared`: a file that connection files of several steps name; goes when none of them is left
 * - `ignore-file`: goes only with its directory, so that nothing in it becomes visible to git
 * - `temporary`: all files whose paths begin like that
 * - `placing`: a file that was being made when the step was killed
 * - `kept`: a file that stays after all
 */
export type MadeFile =
  | { readonly kind: 'temporary' | 'kept'; readonly path: string }
  | IdentifiedFile;

export interface IdentifiedFile {
  readonly kind: (typeof identifiedKinds)[number];
  readonly path: string;
  readonly identity: Identity;
}

const identifiedKinds = ['key', 'file', 'shared', 'placing', 'directory', 'ignore-file'] as const;

/** An agent that is deleted with the job. The last note of a client id counts. */
export interface MadeAgent {
  readonly kind: 'agent';
  readonly name: string;
  readonly clientId: string;
  /** the id that it must have, where nothing else proves that it is the step's own */
  readonly agentId?: string;
  /** of the certificate that the create gave */
  readonly certificateId?: string;
  readonly state: 'made' | 'absent';
}

/** A secret or variable that is removed with the job. The last note of it counts. */
export interface MadeSetting {
  readonly kind: 'setting';
  readonly setting: Setting;
  readonly state: 'writing' | 'absent';
}

/** Takes note of what is made. */
export interface MadeLog {
  /** Throws when the note can't be kept. */
  record(...made: readonly Made[]): void;
  /** Never throws: for what must be made even if nobody will clean it up. */
  note(...made: readonly Made[]): void;
}

/** Remembers nothing: for what is to stay. */
export const noLog: MadeLog = { record: () => {}, note: () => {} };

/** What a step made, in order: a file of JSON lines, which count as far as they were written. */
export class Journal implements MadeLog {
  readonly path: string;
  /** why something could not be noted; nothing when everything was */
  problem: unknown;

  private constructor(file: string) {
    this.path = file;
  }

  /** Starts a journal. Throws `destination-invalid` when the directory can't be written. */
  static async start(directory: string): Promise<Journal> {
    const file = path.join(directory, `insights-hub-agent-${randomUUID()}.jsonl`);
    try {
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw new Failure(
        'destination-invalid',
        `The runner's temporary directory ${directory} can't be written (${errorCode(error)}), so that nothing could be cleaned up after the job.`,
        { cause: error },
      );
    }
    return new Journal(file);
  }

  record(...made: readonly Made[]): void {
    // Each starts on a new line, also after one that was written only in part.
    const lines = made.map((entry) => `\n${JSON.stringify(entry)}\n`);
    appendFileSync(this.path, lines.join(''));
  }

  note(...made: readonly Made[]): void {
    try {
      this.record(...made);
    } catch (error) {
      this.problem ??= error;
    }
  }
}

/** Reads a journal; one that is not there (any more) is empty. */
export async function readJournal(file: string): Promise<readonly Made[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    const entry: unknown = parseJsonObject(line);
    return isMade(entry) ? entry : [];
  });
}

/** Whether an entry is complete: a line may be cut short, or somebody else's. */
function isMade(entry: unknown): entry is Made {
  const made = asObject(entry) ?? {};
  const { kind, path: file, identity, name, clientId, setting, state } = made;
  const { agentId = 'unknown', certificateId = 'unknown' } = made;
  switch (kind) {
    case 'temporary':
    case 'kept':
      return hasTexts(file);
    case 'agent':
      if (!hasTexts(agentId) || !isId(certificateId)) return false;
      return hasTexts(name, clientId) && isOneOf(['made', 'absent'], state);
    case 'setting':
      return isSetting(setting) && isOneOf(['writing', 'absent'], state);
    default:
      return isOneOf(identifiedKinds, kind) && hasTexts(file) && isIdentity(identity);
  }
}

/** An id goes into a path. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && /^[\w-]{1,128}$/.test(value);
}

function isSetting(value: unknown): value is Setting {
  const { kind, name, scope } = asObject(value) ?? {};
  return isOneOf(['secret', 'variable'], kind) && hasTexts(name, scope);
}

function hasTexts(...values: readonly unknown[]): boolean {
  return values.every((value) => asText(value) !== undefined);
}

function isOneOf(known: readonly unknown[], value: unknown): boolean {
  return known.includes(value);
}
