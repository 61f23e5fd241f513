import { isUtf8 } from 'node:buffer';
import { type InputFile, readInputFile } from './files.ts';
import type { InputReader } from './reader.ts';

/** AWS IoT's limit, in bytes; Insights Hub's broker runs on it. */
const LONGEST_CLIENT_ID = 128;

/** What can't be in an MQTT client id that is a level of a topic, too. */
const BAD_SIGNS = /[\p{Cc}\s/+#]/u;
const HOLDS_BAD_SIGNS = 'holds a control character, white space, "/", "+" or "#".';

/** What Siemens documents for publishers on the same broker. */
const DOCUMENTED_NAME = /^[A-Za-z0-9:_-]+$/;

/** So many names are told in one warning. */
const MOST_NAMES = 20;

/** More jobs than any matrix has; a larger number is a mistake. */
const MOST_SHARDS = 10_000;

/** Where agents are listed by client id. */
const CLIENT_ID = '`client-id`';

/** An agent as a list names it. */
export interface ListedAgent {
  readonly name: string;
  /** what Insights Hub is expected to call it */
  readonly clientId: string;
  readonly owner?: string | undefined;
  /** for messages, e.g. `` `name` `` or `line 3 of devices.csv` */
  readonly where: string;
}

/** What client ids begin with, before `_`: `client-id-prefix`, or else the tenant. */
export function readClientIdPrefix(reader: InputReader, tenant: string): string {
  const given = reader.text('client-id-prefix');
  const refuse = (why: string) =>
    reader.problem(`\`client-id-prefix\` ${reader.quote(given)} ${why}`);
  if (BAD_SIGNS.test(given)) refuse(HOLDS_BAD_SIGNS);
  if (given.endsWith('_')) refuse('ends in "_": leave that out, it is added before the name.');
  refuseSecrets(reader, given, refuse);
  return given || tenant;
}

/** The agents that `name` lists. */
export function readNames(reader: InputReader, prefix: string): readonly ListedAgent[] {
  return reader
    .list('name')
    .map((name) => ({ name, clientId: `${prefix}_${name}`, where: '`name`' }));
}

/** The agents that `client-id` lists, named by what follows the prefix in it. */
export function readClientIds(reader: InputReader, prefix: string): readonly ListedAgent[] {
  return reader.list('client-id').map((clientId) => ({
    name: clientId.startsWith(`${prefix}_`) ? clientId.slice(prefix.length + 1) : clientId,
    clientId,
    where: CLIENT_ID,
  }));
}

/**
 * The agents of the file that `names-file` names: CSV (RFC 4180) with one agent a line, `name` or
 * `name,owner`, and perhaps a header line `name,owner`.
 */
export async function readNamesFile(
  reader: InputReader,
  prefix: string,
): Promise<readonly ListedAgent[]> {
  const file = await readInputFile(reader, 'names-file');
  if (file === undefined) return [];
  const records = await recordsIn(file);
  const hasHeader = records[0]?.fields.join() === 'name,owner';
  if (hasHeader && records.length === 1) file.refuse('lists no agent');
  const title = reader.quote(reader.text('names-file')).slice(1, -1);
  return records.slice(hasHeader ? 1 : 0).flatMap(({ fields, line }) => {
    const where = `line ${line} of ${title}`;
    const [name = '', owner = ''] = fields;
    if (name === '') reader.problem(`${where} has no name in its first column.`);
    if (fields.length > 2) {
      reader.problem(`${where} has ${fields.length} columns; it may have a name and an owner.`);
    }
    const agent = { name, owner: owner || undefined, clientId: `${prefix}_${name}`, where };
    return name === '' ? [] : [agent];
  });
}

/** The records of a CSV file; none when the file is refused. */
async function recordsIn({ content, refuse }: InputFile) {
  const none = (why: string) => {
    refuse(why);
    return [];
  };
  if (!isUtf8(content)) return none('is not UTF-8 text');
  const text = new TextDecoder().decode(content);
  if (text.trim() === '') return none('is empty');
  const { parse, CsvError } = await import('csv-parse/sync');
  const records: { readonly fields: readonly string[]; readonly line: number }[] = [];
  try {
    parse(text, {
      on_record: (fields: readonly string[], { lines: line }) => {
        records.push({ fields, line });
        return null;
      },
      record_delimiter: ['\r\n', '\n', '\r'],
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    });
    return records;
  } catch (error) {
    // Its message quotes the file; the line of the quote is enough.
    if (!(error instanceof CsvError)) throw error;
    return none(
      `is not CSV: line ${error['lines']} has a quote that is not closed or not in place`,
    );
  }
}

/**
 * Reports agents that are listed twice, and names that can't be in an MQTT client id or a level of a
 * topic. Everything else is left to the service.
 */
export function checkAgents(
  reader: InputReader,
  agents: readonly ListedAgent[],
  prefix: string,
): void {
  const seen = new Set<string>();
  for (const { name, clientId, where } of agents) {
    const value = where === CLIENT_ID ? clientId : name;
    const refuse = (why: string) => reader.problem(`${where} ${reader.quote(value)} ${why}`);
    if (seen.has(clientId)) {
      refuse('is in the list twice.');
      continue;
    }
    seen.add(clientId);
    if (name === '') refuse('is the tenant without a name.');
    if (BAD_SIGNS.test(value)) refuse(HOLDS_BAD_SIGNS);
    refuseSecrets(reader, value, refuse);
    if (Buffer.byteLength(clientId) > LONGEST_CLIENT_ID) {
      const before = clientId === value ? '' : ` with ${reader.quote(`${prefix}_`)} before it,`;
      refuse(`is too long:${before} it may have ${LONGEST_CLIENT_ID} bytes.`);
    }
  }
}

/** Refuses a value that holds a secret; a problem follows the value's name. */
export function refuseSecrets(
  { source }: InputReader,
  value: string,
  refuse: (why: string) => void,
): void {
  if (source.secrets.redact(value) === value) return;
  refuse('holds a secret of this step, which would blank it in log and outputs.');
}

/** Reports names that look like patterns. An agent that is called so still has its client id. */
export function refuseWildcards(reader: InputReader, agents: readonly ListedAgent[]): void {
  for (const { name, where } of agents) {
    if (where === CLIENT_ID || !/[*?]/.test(name)) continue;
    reader.problem(
      `${where} ${reader.quote(name)} holds "*" or "?", and there are no wildcards: list each agent by its name. One that is called so can be given as \`client-id\`.`,
    );
  }
}

/** A warning of names that Insights Hub may refuse, one for all of them; nothing when there are none. */
export function warningOfNames(names: readonly string[]): string | undefined {
  const unusual = names.filter((name) => !DOCUMENTED_NAME.test(name));
  if (unusual.length === 0) return undefined;
  const told = unusual.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const more = unusual.length > told.length ? ` and ${unusual.length - told.length} more` : '';
  const list = `${told.join(', ')}${more}`;
  const which =
    unusual.length === 1 ? `The name ${list} holds` : `${unusual.length} names (${list}) hold`;
  return `${which} characters other than A-Z, a-z, 0-9, ":", "_" and "-". Siemens documents no others for publishers on the same broker, and Insights Hub may refuse them.`;
}

/** Reports agents that would share something named after them; `problemOf` follows their names. */
export function checkShared(
  reader: InputReader,
  agents: readonly ListedAgent[],
  keyOf: (agent: ListedAgent) => string,
  problemOf: (key: string) => string,
): void {
  const owners = new Map<string, ListedAgent>();
  for (const agent of agents) {
    const key = keyOf(agent);
    const other = owners.get(key);
    if (other !== undefined && other.clientId !== agent.clientId) {
      const both = `${reader.quote(other.name)} and ${reader.quote(agent.name)}`;
      reader.problem(`The agents ${both} ${problemOf(key)}`);
    }
    owners.set(key, agent);
  }
}

/** The part of a list that `shard` asks for, `i/n`: every n-th entry from i on, counted from 0. */
export function takeShard<T>(reader: InputReader, list: readonly T[]): readonly T[] {
  const value = reader.text('shard');
  if (value === '') return list;
  const [, index = '', count = ''] = /^(\d{1,5})\/(\d{1,5})$/.exec(value) ?? [];
  const [first, step] = [Number(index), Number(count)];
  if (step === 0 || step > MOST_SHARDS) {
    reader.mustBe('shard', `i/n, such as 0/4, with n from 1 to ${MOST_SHARDS}`);
  } else if (first >= step) {
    reader.problem(
      `\`shard\` ${reader.quote(value)} is not there: the first of ${step} is 0, the last ${step - 1}.`,
    );
  }
  return list.filter((_, position) => position % step === first);
}
