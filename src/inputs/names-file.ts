import { isUtf8 } from 'node:buffer';
import { holdsInvisible, type ListedAgent } from './agents.ts';
import { type InputFile, readInputFile } from './files.ts';
import { HOLDS_SECRET, type InputReader, misleadingIn } from './reader.ts';

/** As many agents take three and a half days at the documented quota. */
const MOST_AGENTS = 100_000;

/** What spreadsheets write between columns instead of a comma, outside of quotes. */
const OTHER_SEPARATOR = /[;\t]/;

/** A line of a CSV file. */
interface Row {
  readonly fields: readonly string[];
  /** counted from 1 */
  readonly line: number;
  readonly otherSeparator: string | undefined;
}

/**
 * The agents of the file that `names-file` names: CSV (RFC 4180) with one agent a line, `name` or
 * `name,owner`, and perhaps such a header line, in any case. What is almost that is refused, because
 * an agent that is made by mistake stays.
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

/** Reports what is wrong with a line; its name is checked with those of all lists. */
function checkFields(reader: InputReader, fields: readonly string[], where: string): void {
  const [name = '', owner = ''] = fields;
  if (name === '') reader.problem(`${where} has no name in its first column.`);
  if (fields.length > 2) {
    reader.problem(`${where} has ${fields.length} columns; it may have a name and an owner.`);
  }
  const misleading = misleadingIn(owner);
  if (misleading) reader.problem(`The owner in ${where} ${holdsInvisible(misleading)}`);
  for (const field of fields.slice(0, 2)) {
    if (reader.holdsSecret(field)) {
      reader.problem(`${where} ${reader.quote(field)} ${HOLDS_SECRET}`);
    }
  }
}

/** Why the rows are no list of agents, to follow the file's name; nothing when they are one. */
function problemOf(rows: readonly Row[]): string | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  if (rows.length > MOST_AGENTS) return `lists more than ${MOST_AGENTS} agents`;
  if (/^sep=/i.test(first.fields[0] ?? '')) {
    return `begins with a line \`sep=\`, which only spreadsheets know. Remove line ${first.line}`;
  }
  const separated = rows.find(({ otherSeparator }) => otherSeparator !== undefined);
  if (separated !== undefined) return aboutSeparator(separated);
  if (!isHeader(first) && first.fields.some((field) => /^(?:name|owner)$/i.test(field))) {
    return `begins with what is almost a header: in line ${first.line} there may be \`name\` or \`name,owner\`. If it is an agent, put that header above it`;
  }
  if (isHeader(first) && rows.length === 1) return 'lists no agent';
  const again = rows.slice(1).find((row) => row.fields.length > 1 && isHeader(row));
  return again && `has a header in the middle. Remove line ${again.line}`;
}

function aboutSeparator({ line, otherSeparator = '' }: Pick<Row, 'line' | 'otherSeparator'>) {
  const sign = otherSeparator === '\t' ? 'a tab' : `"${otherSeparator}"`;
  return `has ${sign} in line ${line}, and columns are separated by ",". Save it with commas; a name or owner that holds ${sign} has to be in quotes`;
}

function isHeader(row: Row | undefined): boolean {
  return /^name(?:,(?:owner)?)?$/i.test(row?.fields.join() ?? '');
}

/** The lines of a CSV file that are not blank; none when the file is refused. */
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
    // Its message quotes the file; the line of the quote is enough.
    if (!(error instanceof CsvError)) throw error;
    const line = Number(error['lines']);
    const [otherSeparator] = /(?<=") *[;\t]|[;\t](?= *")/.exec(text) ?? [];
    if (otherSeparator)
      return none(aboutSeparator({ line, otherSeparator: otherSeparator.trim() || '\t' }));
    return none(`is not CSV: line ${line} has a quote that is not closed or not in place`);
  }
}

/** A line as the parser gives it. */
interface Found {
  readonly raw: string;
  readonly record: readonly string[];
}
