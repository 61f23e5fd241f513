import { type InputFile, readInputFile } from './input-file.ts';
import type { InputReader } from './reader.ts';

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
  const found = await readInputFile(reader, 'names-file');
  const text = found && textOf(found);
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

function textOf({ content, refuse }: InputFile): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    if (text.trim() !== '') return text;
    refuse('is empty');
  } catch {
    refuse('is not UTF-8 text');
  }
  return undefined;
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
    reader.problem(
      `${named(reader, file)} is not CSV: line ${error['lines']} has a quote that is not closed or not in place.`,
    );
    return [];
  }
}
