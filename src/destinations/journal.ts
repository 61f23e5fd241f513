import { randomUUID } from 'node:crypto';
import { appendFile, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import { asText, parseJsonObject } from '../json.ts';

const kinds = ['file', 'directory', 'ignore-file', 'placing', 'kept'] as const;

/**
 * Something that the step made, or is about to make, and that the post step removes: an ignore file
 * only together with its directory, so that nothing else in it becomes visible to git; a file that
 * was being placed when the step was killed only if it is that file, known by its inode; a file
 * that is kept after all, never.
 */
export interface Made {
  readonly kind: (typeof kinds)[number];
  /** absolute */
  readonly path: string;
  /** of the file that is being placed */
  readonly inode?: string;
}

/** Takes note of what is made. */
export interface MadeLog {
  /** Throws when the note can't be kept. */
  record(made: Made): Promise<void>;
  /** Never throws: for what must be made even if nobody will clean it up. */
  note(made: Made): Promise<void>;
}

/** For what is to stay: remembers nothing. */
export const forgetful: MadeLog = { record: async () => {}, note: async () => {} };

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

  async record(made: Made): Promise<void> {
    await appendFile(this.path, `${JSON.stringify(made)}\n`, { flush: true });
  }

  async note(made: Made): Promise<void> {
    await this.record(made).catch((error: unknown) => {
      this.#problem ??= error;
    });
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
    const entry = parseJsonObject(line);
    const kind = kinds.find((known) => known === entry?.['kind']);
    const made = asText(entry?.['path']);
    const inode = asText(entry?.['inode']);
    if (kind === undefined || made === undefined) return [];
    return [{ kind, path: made, ...(inode !== undefined && { inode }) }];
  });
}
