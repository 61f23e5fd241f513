import { parseJsonObject } from '../json.ts';
import { type OpenedChain, openChain } from './chain.ts';
import { readRegularFile } from './files.ts';
import { isMade, type JournalPlace, type Made } from './journal.ts';

/** More than the size of the notes for the longest list, in bytes. */
const LARGEST_JOURNAL = 64 * 1024 * 1024;

/** What a journal says, and whether others changed it. */
export interface Notes extends Pick<OpenedChain, 'others' | 'isWhole'> {
  readonly made: readonly Made[];
}

/** Reads a journal. Throws the system's error, or that of `readRegularFile()`. */
export async function readJournal({ path: file, key, lines }: JournalPlace): Promise<Notes> {
  const text = (await readRegularFile(file, { most: LARGEST_JOURNAL })).toString();
  const { contents, others, isWhole } = openChain(text, key, lines);
  const made = contents.flatMap((content) => {
    const entry: unknown = parseJsonObject(content);
    return isMade(entry) ? entry : [];
  });
  return { made, others, isWhole };
}
