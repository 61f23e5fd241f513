import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { asObject, asText, type JsonObject, parseJsonObject } from '../json.ts';
import type { Setting } from './destination.ts';

const fileKinds = ['file', 'shared', 'directory', 'ignore-file', 'drafts', 'kept'] as const;

/** Something that the step made, or is about to make, and that the post step removes. */
export type Made = MadeFile | MadeAgent | MadeSetting;

/**
 * A file or directory, by its absolute path: a file that connection files of several steps name
 * goes when none of them is left; an ignore file goes only together with its directory, so that
 * nothing else in it becomes visible to git; drafts are all files whose paths begin like that; a
 * file that was being placed when the step was killed only if it is that file, known by its inode; a
 * file that is kept after all, never.
 */
export type MadeFile =
  | { readonly kind: (typeof fileKinds)[number]; readonly path: string }
  | { readonly kind: 'placing'; readonly path: string; readonly inode: string };

/** An agent that is ended with the job: each note of a client id replaces the one before. */
export interface MadeAgent {
  readonly kind: 'agent';
  readonly name: string;
  readonly clientId: string;
  /** the id that it must have, where nothing else proves that it is the step's own */
  readonly agentId?: string;
  readonly state: 'made' | 'absent';
}

/** A secret or variable that is removed with the job: each note of it replaces the one before. */
export interface MadeSetting {
  readonly kind: 'setting';
  readonly setting: Setting;
  readonly state: 'writing' | 'absent';
}

/** Takes note of what is made. */
export interface MadeLog<T extends Made = Made> {
  /** Throws when the note can't be kept. */
  record(...made: readonly T[]): void;
  /** Never throws: for what must be made even if nobody will clean it up. */
  note(...made: readonly T[]): void;
}

/** For what is to stay: remembers nothing. */
export const forgetful: MadeLog = { record: () => {}, note: () => {} };

/**
 * What a step made, in the order of making: a file that only its owner can read, one JSON object a
 * line, so that every line that was written counts, however the step ended.
 */
export class Journal implements MadeLog {
  readonly path: string;
  #problem: unknown;

  private constructor(file: string) {
    this.path = file;
  }

  /** Starts a journal. Throws `destination-invalid` when the directory can't be written. */
  static async start(directory: string): Promise<Journal> {
    const file = path.join(directory, `insights-hub-agent-${randomUUID()}.jsonl`);
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.close();
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
    // Begins a line of its own, also after one that could be written in part only.
    const lines = made.map((entry) => `\n${JSON.stringify(entry)}\n`);
    appendFileSync(this.path, lines.join(''));
  }

  note(...made: readonly Made[]): void {
    try {
      this.record(...made);
    } catch (error) {
      this.#problem ??= error;
    }
  }

  /** Why the journal does not hold everything; nothing when it does. */
  get problem(): unknown {
    return this.#problem;
  }
}

/** Reads a journal; one that is not there (any more) is empty. */
export async function readJournal(file: string): Promise<readonly Made[]> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw error;
  });
  return text.split('\n').flatMap((line) => {
    const entry = parseJsonObject(line) ?? {};
    return madeFile(entry) ?? madeAgent(entry) ?? madeSetting(entry) ?? [];
  });
}

function madeFile(entry: JsonObject): MadeFile | undefined {
  const file = asText(entry['path']);
  const inode = asText(entry['inode']);
  const kind = oneOf(fileKinds, entry['kind']);
  if (file === undefined) return undefined;
  if (kind !== undefined) return { kind, path: file };
  if (entry['kind'] !== 'placing' || inode === undefined) return undefined;
  return { kind: 'placing', path: file, inode };
}

function madeAgent(entry: JsonObject): MadeAgent | undefined {
  const name = asText(entry['name']);
  const clientId = asText(entry['clientId']);
  const agentId = asText(entry['agentId']);
  const state = oneOf(['made', 'absent'] as const, entry['state']);
  if (entry['kind'] !== 'agent') return undefined;
  if (name === undefined || clientId === undefined || state === undefined) return undefined;
  return { kind: 'agent', name, clientId, ...(agentId !== undefined && { agentId }), state };
}

function madeSetting(entry: JsonObject): MadeSetting | undefined {
  const noted = asObject(entry['setting']);
  const kind = oneOf(['secret', 'variable'] as const, noted?.['kind']);
  const name = asText(noted?.['name']);
  const place = asText(noted?.['place']);
  const state = oneOf(['writing', 'absent'] as const, entry['state']);
  if (entry['kind'] !== 'setting' || state === undefined) return undefined;
  if (kind === undefined || name === undefined || place === undefined) return undefined;
  return { kind: 'setting', setting: { kind, name, place }, state };
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((candidate) => candidate === value);
}
