import { randomBytes, randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { Setting } from '../github/scopes.ts';
import { asObject, asText } from '../json.ts';
import { Secret } from '../secret.ts';
import { FIRST_LINK, type Link, sealLine } from './chain.ts';
import { type Identity, isIdentity } from './identity.ts';

/** A key of as many bytes as the seals have. */
const KEY_LENGTH = 32;

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

/**
 * An agent that is deleted with the job. The last note of a client id counts: `made` before the
 * create is sent, `issued` once it was answered, `absent` when it surely made nothing.
 */
export interface MadeAgent {
  readonly kind: 'agent';
  readonly name: string;
  readonly clientId: string;
  /** the id that it must have, where nothing else proves that it is the step's own */
  readonly agentId?: string;
  /** of the certificate that the create gave */
  readonly certificateId?: string;
  readonly state: (typeof agentStates)[number];
}

const agentStates = ['made', 'issued', 'absent'] as const;

/**
 * A secret or variable that is removed with the job. The last note of it counts: `writing` before it
 * is sent, `written` once GitHub said so, `absent` when it surely was not written.
 */
export interface MadeSetting {
  readonly kind: 'setting';
  readonly setting: Setting;
  readonly state: (typeof settingStates)[number];
}

const settingStates = ['writing', 'written', 'absent'] as const;

/** Takes note of what is made. */
export interface MadeLog {
  /** Throws when the note can't be kept. */
  record(...made: readonly Made[]): void;
  /** Never throws: for what must be made even if nobody will clean it up. */
  note(...made: readonly Made[]): void;
}

/** Remembers nothing: for what is to stay. */
export const noLog: MadeLog = { record: () => {}, note: () => {} };

/** Where a journal is, and what proves its lines. */
export interface JournalPlace {
  readonly path: string;
  readonly key: Secret;
  /** how many lines it has, once no more are written */
  readonly lines?: number;
}

/**
 * What a step made, in order: a file of lines of JSON, which count as far as they were written. Any
 * step of the job can write to the file, so the lines are sealed, as a chain.
 */
export class Journal implements MadeLog {
  readonly path: string;
  readonly key = new Secret(randomBytes(KEY_LENGTH).toString('base64url'));
  /** why something could not be noted; nothing when everything was */
  problem: unknown;
  #last: Link = FIRST_LINK;

  private constructor(file: string) {
    this.path = file;
  }

  /** how many lines were written */
  get lines(): number {
    return this.#last.number;
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
    let last = this.#last;
    // Each starts on a new line, also after one that was written only in part.
    const lines = made.map((entry) => {
      const sealed = sealLine(JSON.stringify(entry), last, this.key);
      last = sealed;
      return `\n${sealed.line}\n`;
    });
    appendFileSync(this.path, lines.join(''));
    this.#last = last;
  }

  note(...made: readonly Made[]): void {
    try {
      this.record(...made);
    } catch (error) {
      this.problem ??= error;
    }
  }
}

/** Whether an entry is one of those above. */
export function isMade(entry: unknown): entry is Made {
  const made = asObject(entry) ?? {};
  const { kind, path: file, identity, name, clientId, setting, state } = made;
  const { agentId = 'unknown', certificateId = 'unknown' } = made;
  switch (kind) {
    case 'temporary':
    case 'kept':
      return hasTexts(file);
    case 'agent':
      if (!hasTexts(agentId) || !isId(certificateId)) return false;
      return hasTexts(name, clientId) && isOneOf(agentStates, state);
    case 'setting':
      return isSetting(setting) && isOneOf(settingStates, state);
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
