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

/** As many bytes as a seal has. */
const KEY_LENGTH = 32;

/** What the step created, or is about to create, and the post step deletes. */
export type Made = MadeFile | MadeAgent | MadeSetting;

/**
 * A file or directory, by its absolute path, and by what tells it from others at the same path:
 * - `key`: a file with a private key; the post step warns if it is no longer there
 * - `shared`: a file that connection files of several steps name; deleted if none of them is left
 * - `ignore-file`: deleted only with its directory, so that Git never sees what is in it
 * - `temporary`: all files whose paths begin like this
 * - `placing`: a file that was being written when the step was killed
 * - `kept`: a file that stays nevertheless
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
 * create is sent, `issued` after its answer, `absent` if it certainly created nothing.
 */
export interface MadeAgent {
  readonly kind: 'agent';
  readonly name: string;
  readonly clientId: string;
  /** the id that it must have, if nothing else proves that it is the step's own */
  readonly agentId?: string;
  /** of the certificate from the create */
  readonly certificateId?: string;
  readonly state: (typeof agentStates)[number];
}

const agentStates = ['made', 'issued', 'absent'] as const;

/**
 * A secret or variable that is deleted with the job. Its last note counts: `writing` before it is sent,
 * `written` once GitHub has confirmed it, `absent` if it was certainly not written.
 */
export interface MadeSetting {
  readonly kind: 'setting';
  readonly setting: Setting;
  readonly state: (typeof settingStates)[number];
}

const settingStates = ['writing', 'written', 'absent'] as const;

/** Notes what is created. */
export interface MadeLog {
  /** Throws if the note can't be kept. */
  record(...made: readonly Made[]): void;
  /** Never throws: for what must be created even if it can't be cleaned up. */
  note(...made: readonly Made[]): void;
}

/** Notes nothing: for what stays. */
export const noLog: MadeLog = { record: () => {}, note: () => {} };

/** Where a journal is, and what proves its lines. */
export interface JournalPlace {
  readonly path: string;
  readonly key: Secret;
  /** how many lines it has, once it is complete */
  readonly lines?: number;
}

/**
 * What a step created, in order: a file of JSON lines, each of which counts once it is written. Any
 * step of the job can write to the file, so the lines are sealed as a chain.
 */
export class Journal implements MadeLog {
  readonly path: string;
  readonly key = new Secret(randomBytes(KEY_LENGTH).toString('base64url'));
  /** why something could not be noted; nothing if everything was */
  problem: unknown;
  #last: Link = FIRST_LINK;

  private constructor(file: string) {
    this.path = file;
  }

  /** how many lines were written */
  get lines(): number {
    return this.#last.number;
  }

  /** Starts a journal. Throws `destination-invalid` if the directory can't be written. */
  static async start(directory: string): Promise<Journal> {
    const file = path.join(directory, `insights-hub-agent-${randomUUID()}.jsonl`);
    try {
      await writeFile(file, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      throw new Failure(
        'destination-invalid',
        `The runner's temporary directory ${directory} can't be written (${errorCode(error)}), so nothing could be cleaned up after the job.`,
        { cause: error },
      );
    }
    return new Journal(file);
  }

  record(...made: readonly Made[]): void {
    let last = this.#last;
    // Each starts on a new line, even after a partly written one.
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

/** Whether a value is one of the entries above. */
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

/** Whether a value is an id that can go into a path. */
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
