import { isUtf8 } from 'node:buffer';
import type { ListedAgent } from './agents.ts';
import { misleadingIn } from './characters.ts';
import { type InputFile, readInputFile } from './files.ts';
import { CONTAINS_SECRET, type InputReader } from './reader.ts';

/** At the documented quota, so many agents take three and a half days. */
const MOST_AGENTS = 100_000;

/** What spreadsheet programs may write between columns instead of a comma. */
const OTHER_SEPARATOR = /[;\t]/;

/** A line of a CSV file. */
interface Row {
  readonly fields: readonly string[];
  /** counted from 1 */
  readonly line: number;
  readonly otherSeparator: string | undefined;
}

/**
 * The agents in the file that `names-file` names: CSV (RFC 4180) with one agent per line, `name` or
 * `name,owner`, and optionally that header line, in upper or lower case. Refuses what looks only
 * similar, because agents that are created by mistake stay.
 */
export async function readNamesFile(
  reader: InputReader,
  prefix: string,
): Promise<readonly ListedAgent[]> {
  const file = await readInputFile(reader, 'names-file');
  if (file === undefined) return [];
  const rows = await rowsIn(file);
  const problem = problemOf(rows);
  if (problem !== undefined) {
    file.refuse(problem);
    return [];
  }
  const title = reader.quote(reader.text('names-file')).slice(1, -1);
  const listed = rows.slice(isHeader(rows[0]) ? 1 : 0);
  return listed.flatMap(({ fields, line }) => {
    const where = `line ${line} of ${title}`;
    checkFields(reader, fields, where);
    const [name = '', owner = ''] = fields;
    const agent = { name, owner: owner || undefined, clientId: `${prefix}_${name}`, where };
    return name === '' ? [] : [agent];
  });
}

/** Reports what is wrong with a line. `checkAgents` checks its name. */
function checkFields(reader: InputReader, fields: readonly string[], where: string): void {
  const [name = '', owner = ''] = fields;
  if (name === '') reader.problem(`${where} has no name in its first column.`);
  if (fields.length > 2) {
    reader.problem(`${where} has ${fields.length} columns. Only a name and an owner are allowed.`);
  }
  const misleading = misleadingIn(owner);
  if (misleading) reader.problem(`The owner in ${where} contains ${misleading}. Delete it.`);
  for (const field of fields.slice(0, 2)) {
    if (reader.containsSecret(field)) {
      reader.problem(`${where} ${reader.quote(field)} ${CONTAINS_SECRET}`);
    }
  }
}

/** Why the rows are not a list of agents; follows the file's name. Nothing if they are one. */
function problemOf(rows: readonly Row[]): string | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  if (rows.length > MOST_AGENTS) return `lists more than ${MOST_AGENTS} agents`;
  if (/^sep=/i.test(first.fields[0] ?? '')) {
    return `begins with a \`sep=\` line, which only spreadsheet programs understand. Delete line ${first.line}`;
  }
  const separated = rows.find(({ otherSeparator }) => otherSeparator !== undefined);
  if (separated !== undefined) return aboutSeparator(separated);
  if (!isHeader(first) && first.fields.some((field) => /^(?:name|owner)$/i.test(field))) {
    return `has an unknown header in line ${first.line}. Change it to \`name\` or \`name,owner\`. If the line is an agent, put one of these headers above it`;
  }
  if (isHeader(first) && rows.length === 1) return 'lists no agents';
  const again = rows.slice(1).find((row) => row.fields.length > 1 && isHeader(row));
  return again && `has a header after the first line. Delete line ${again.line}`;
}

function aboutSeparator({ line, otherSeparator = '' }: Pick<Row, 'line' | 'otherSeparator'>) {
  const separator = otherSeparator === '\t' ? 'a tab' : `"${otherSeparator}"`;
  return `has ${separator} in line ${line}, but "," must separate the columns. Save the file with commas, and put names and owners that contain ${separator} in quotes`;
}

function isHeader(row: Row | undefined): boolean {
  return /^name(?:,(?:owner)?)?$/i.test(row?.fields.join() ?? '');
}

/** The lines of a CSV file that are not blank; none if the file is refused. */
async function rowsIn({ content, refuse }: InputFile): Promise<readonly Row[]> {
  const none = (why: string) => {
    refuse(why);
    return [];
  };
  if (!isUtf8(content)) return none('is not UTF-8 text');
  const text = new TextDecoder().decode(content);
  if (text.trim() === '') return none('is empty');
  const { parse, CsvError } = await import('csv-parse/sync');
  const rows: Row[] = [];
  try {
    parse(text, {
      on_record: (found: unknown, { lines: line }) => {
        const { raw, record: fields } = found as Found;
        const [otherSeparator] = OTHER_SEPARATOR.exec(raw.replace(/"[^"]*"/g, '')) ?? [];
        rows.push({ fields, line, otherSeparator });
        return null;
      },
      raw: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      to: MOST_AGENTS + 1,
      trim: true,
    });
    return rows;
  } catch (error) {
    // Its message quotes the file, so only the line is used.
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error['lines']);
    const [otherSeparator] = /(?<=") *[;\t]|[;\t](?= *")/.exec(text) ?? [];
    if (otherSeparator)
      return none(aboutSeparator({ line, otherSeparator: otherSeparator.trim() || '\t' }));
    return none(`is not valid CSV: line ${line} has a misplaced or unclosed quote`);
  }
}

/** A line as the parser returns it. */
interface Found {
  readonly raw: string;
  readonly record: readonly string[];
}
