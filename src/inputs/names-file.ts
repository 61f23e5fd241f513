import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCode } from '../failure.ts';
import type { InputReader } from './reader.ts';

/** A file with more than this is no list of agents, in bytes. */
const LARGEST_FILE = 5 * 1024 * 1024;

export interface NamesFileRow {
  readonly name: string;
  /** nothing when its column is empty or missing */
  readonly owner: string | undefined;
  /** for messages, e.g. `line 3 of devices.csv` */
  readonly where: string;
}

/**
 * The agents of the file that `names-file` names, a path that starts at the workspace: CSV (RFC
 * 4180) with one agent a line, `name` or `name,owner`, and perhaps a header line `name,owner`. What
 * is wrong with it is reported with its line.
 */
export async function readNamesFile(reader: InputReader): Promise<readonly NamesFileRow[]> {
  const file = reader.text('names-file');
  const text = file === '' ? undefined : await readText(reader, file);
  if (text === undefined) return [];
  const records = await parseRecords(reader, file, text);
  const [first] = records;
  const hasHeader = first?.fields.join() === 'name,owner';
  const rows = hasHeader ? records.slice(1) : records;
  if (records.length > 0 && rows.length === 0)
    reader.problem(`${named(reader, file)} lists no agent.`);
  return rows.flatMap(({ fields, line }) => {
    const where = `line ${line} of ${shown(reader, file)}`;
    const [name = '', owner = ''] = fields;
    if (name === '') reader.problem(`${where} has no name in its first column.`);
    if (fields.length > 2) {
      reader.problem(`${where} has ${fields.length} columns; it may have a name and an owner.`);
    }
    return name === '' ? [] : [{ name, owner: owner || undefined, where }];
  });
}

function shown(reader: InputReader, file: string): string {
  return reader.quote(file).slice(1, -1);
}

function named(reader: InputReader, file: string): string {
  return `\`names-file\` ${reader.quote(file)}`;
}

async function readText(reader: InputReader, file: string): Promise<string | undefined> {
  const refuse = (why: string) => {
    reader.problem(`${named(reader, file)} ${why}.`);
    return undefined;
  };
  try {
    const place = path.resolve(reader.workspace, file);
    const found = await stat(place);
    if (!found.isFile()) return refuse('is not a file');
    if (found.size > LARGEST_FILE) return refuse('is larger than 5 MiB');
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(place));
    return text.trim() === '' ? refuse('is empty') : text;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return refuse('is not there');
    if (errorCode(error) === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      return refuse('is not UTF-8 text');
    return refuse(`can't be read (${errorCode(error)})`);
  }
}

interface CsvRecord {
  readonly fields: readonly string[];
  readonly line: number;
}

async function parseRecords(
  reader: InputReader,
  file: string,
  text: string,
): Promise<readonly CsvRecord[]> {
  const { parse, CsvError } = await import('csv-parse/sync');
  try {
    const records: CsvRecord[] = [];
    parse(text, {
      bom: true,
      on_record: (fields: readonly string[], { lines }) => {
        records.push({ fields, line: lines });
        return null;
      },
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    return records;
  } catch (error) {
    // Its message quotes the file; where the quotes are wrong is enough.
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error['lines'] === 'number' ? `line ${error['lines']}` : 'a line';
    reader.problem(
      `${named(reader, file)} is not CSV: ${line} has a quote that is not closed or not in place.`,
    );
    return [];
  }
}
