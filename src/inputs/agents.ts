import { type InputReader, invisibleIn, misleadingIn } from './reader.ts';

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
  refuseBadSigns(given, refuse);
  if (given.endsWith('_')) refuse('ends in "_": leave that out, it is added before the name.');
  return given || tenant;
}

/** Who owns the agents to which the list gives no owner of their own. */
export function readOwner(reader: InputReader): string | undefined {
  const owner = reader.text('owner');
  const misleading = misleadingIn(owner);
  if (misleading) reader.problem(`\`owner\` ${holdsInvisible(misleading)}`);
  return owner || undefined;
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
    refuseBadSigns(value, refuse);
    if (Buffer.byteLength(clientId) > LONGEST_CLIENT_ID) {
      const before = clientId === value ? '' : ` with ${reader.quote(`${prefix}_`)} before it,`;
      refuse(`is too long:${before} it may have ${LONGEST_CLIENT_ID} bytes.`);
    }
  }
}

/** Refuses what can't be in a client id, or can't be seen in it; the problem follows its name. */
function refuseBadSigns(value: string, refuse: (why: string) => void): void {
  const invisible = invisibleIn(value);
  if (BAD_SIGNS.test(value)) refuse(HOLDS_BAD_SIGNS);
  else if (invisible !== undefined) refuse(holdsInvisible(invisible));
}

/** Follows what holds such a character. */
export const holdsInvisible = (character: string) =>
  `holds an invisible or bidirectional character (${character}).`;

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
