import { characterIn, forbiddenIn, misleadingIn } from './characters.ts';
import type { InputReader } from './reader.ts';

/** The limit of AWS IoT, in bytes: Insights Hub's broker runs on it. */
const LONGEST_CLIENT_ID = 128;

const NOT_ALLOWED =
  'White space, control characters, invisible characters, "/", "+" and "#" are not allowed.';

/** What Siemens documents for publishers on the same broker. */
const DOCUMENTED_NAME = /^[A-Za-z0-9:_-]+$/;

/** The most names that one warning lists. */
const MOST_NAMES = 20;

/** More jobs than any matrix has: a larger number is a mistake. */
const MOST_SHARDS = 10_000;

/** The `where` of agents that are listed by client id. */
const CLIENT_ID = '`client-id`';

/** An agent in a list. */
export interface ListedAgent {
  readonly name: string;
  /** the client id that Insights Hub is expected to assign */
  readonly clientId: string;
  readonly owner?: string | undefined;
  /** for messages, e.g. `` `name` `` or `line 3 of devices.csv` */
  readonly where: string;
}

/** The client ids' prefix, without `_`: `client-id-prefix`, or the tenant by default. */
export function readClientIdPrefix(reader: InputReader, tenant: string): string {
  const given = reader.text('client-id-prefix');
  const refuse = (why: string) =>
    reader.problem(`\`client-id-prefix\` ${reader.quote(given)} ${why}`);
  refuseCharacters(reader, given, refuse);
  if (given.endsWith('_')) {
    refuse('ends with "_". Leave it out: the action adds it before the name.');
  }
  return given || tenant;
}

/** The owner of the agents for which the list names no owner. */
export function readOwner(reader: InputReader): string | undefined {
  const owner = reader.text('owner');
  const misleading = misleadingIn(owner);
  if (misleading) reader.problem(`\`owner\` contains ${misleading}. Delete it.`);
  return owner || undefined;
}

/** The agents that `name` lists. */
export function readNames(reader: InputReader, prefix: string): readonly ListedAgent[] {
  return reader
    .list('name')
    .map((name) => ({ name, clientId: `${prefix}_${name}`, where: '`name`' }));
}

/** The agents that `client-id` lists. Their names are what follows the prefix. */
export function readClientIds(reader: InputReader, prefix: string): readonly ListedAgent[] {
  return reader.list('client-id').map((clientId) => ({
    name: clientId.startsWith(`${prefix}_`) ? clientId.slice(prefix.length + 1) : clientId,
    clientId,
    where: CLIENT_ID,
  }));
}

/**
 * Reports agents that are listed twice, and names that can't be part of an MQTT client id or a topic
 * level. The service checks everything else.
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
      refuse('is listed twice.');
      continue;
    }
    seen.add(clientId);
    if (name === '') refuse('has no agent name after the prefix.');
    refuseCharacters(reader, value, refuse);
    const length = Buffer.byteLength(clientId);
    if (length > LONGEST_CLIENT_ID) {
      const id = clientId === value ? 'it' : `with ${reader.quote(`${prefix}_`)}, the client id`;
      refuse(`is too long: ${id} has ${length} bytes. The maximum is ${LONGEST_CLIENT_ID}.`);
    }
  }
}

/** Refuses a part of a client id that contains a forbidden or invisible character. */
function refuseCharacters(reader: InputReader, value: string, refuse: (why: string) => void): void {
  const forbidden = forbiddenIn(value);
  if (forbidden === undefined) return;
  refuse(`contains ${reader.character(value, forbidden)}. ${NOT_ALLOWED}`);
}

/** Reports names that look like patterns. An agent with such a name still has its client id. */
export function refuseWildcards(reader: InputReader, agents: readonly ListedAgent[]): void {
  for (const { name, where } of agents) {
    const wildcard = characterIn(name, /[*?]/);
    if (where === CLIENT_ID || wildcard === undefined) continue;
    const which = reader.character(name, wildcard, '"*" or "?"');
    reader.problem(
      `${where} ${reader.quote(name)} contains ${which}, but wildcards are not supported. List each agent by its name. To delete an agent that really has this name, set \`client-id\`.`,
    );
  }
}

/** One warning about all names that Insights Hub may reject; nothing if there are none. */
export function warningOfNames(names: readonly string[]): string | undefined {
  const unusual = names.filter((name) => !DOCUMENTED_NAME.test(name));
  if (unusual.length === 0) return undefined;
  const shown = unusual.slice(0, MOST_NAMES).map((name) => `"${name}"`);
  const more = unusual.length > shown.length ? ` and ${unusual.length - shown.length} more` : '';
  const list = `${shown.join(', ')}${more}`;
  const which =
    unusual.length === 1
      ? `The name ${list} contains`
      : `${unusual.length} names (${list}) contain`;
  return `${which} characters other than A-Z, a-z, 0-9, ":", "_" and "-". Siemens documents only these for publishers on the same broker, so Insights Hub may reject others.`;
}

/** Reports agents that would share something that is named after them. The names precede `problemOf`. */
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

/** The entries of a list that `shard`, `i/n`, selects: every n-th one from i, counted from 0. */
export function takeShard<T>(reader: InputReader, list: readonly T[]): readonly T[] {
  const value = reader.text('shard');
  if (value === '') return list;
  const [, index = '', count = ''] = /^(\d{1,5})\/(\d{1,5})$/.exec(value) ?? [];
  const [first, step] = [Number(index), Number(count)];
  if (step === 0 || step > MOST_SHARDS) {
    reader.mustBe('shard', `i/n, such as 0/4, with n from 1 to ${MOST_SHARDS}`);
  } else if (first >= step) {
    reader.problem(
      `\`shard\` ${reader.quote(value)} does not exist: the first of ${step} is 0 and the last is ${step - 1}.`,
    );
  }
  return list.filter((_, position) => position % step === first);
}
