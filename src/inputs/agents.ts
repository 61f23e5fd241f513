import { readNamesFile } from './names-file.ts';
import type { InputReader } from './reader.ts';

/** AWS IoT's limit, in bytes; Insights Hub's broker stands on it. */
const LONGEST_CLIENT_ID = 128;

/** An agent as a list names it. */
export interface ListedAgent {
  readonly name: string;
  /** nothing when the list gives it none */
  readonly owner: string | undefined;
  /** what Insights Hub is expected to call it */
  readonly clientId: string;
  /** for messages, e.g. `` `name` `` or `line 3 of devices.csv` */
  readonly where: string;
}

/** The agents that `name` lists. */
export function readNames(reader: InputReader, tenant: string): readonly ListedAgent[] {
  return reader.list('name').map((name) => ({
    name,
    owner: undefined,
    clientId: `${tenant}_${name}`,
    where: '`name`',
  }));
}

/** The agents of the file that `names-file` names. */
export async function readFileOfNames(
  reader: InputReader,
  tenant: string,
): Promise<readonly ListedAgent[]> {
  const rows = await readNamesFile(reader);
  return rows.map((row) => ({ ...row, clientId: `${tenant}_${row.name}` }));
}

/** The agents that `client-id` lists, named by what follows the tenant in it. */
export function readClientIds(reader: InputReader, tenant: string): readonly ListedAgent[] {
  return reader.list('client-id').map((clientId) => ({
    name: clientId.startsWith(`${tenant}_`) ? clientId.slice(tenant.length + 1) : clientId,
    owner: undefined,
    clientId,
    where: '`client-id`',
  }));
}

/** Reports what no agent can be called, and agents that are listed twice. */
export function checkAgents(
  reader: InputReader,
  agents: readonly ListedAgent[],
  tenant: string,
): void {
  const seen = new Set<string>();
  for (const { name, clientId, where } of agents) {
    const value = where === '`client-id`' ? clientId : name;
    const what = `${where} ${reader.quote(value)}`;
    if (seen.has(clientId)) reader.problem(`${what} is in the list twice.`);
    else checkName(reader, { what, value, name, clientId, tenant });
    seen.add(clientId);
  }
}

interface Named {
  readonly what: string;
  readonly name: string;
  readonly value: string;
  readonly clientId: string;
  readonly tenant: string;
}

/** Refuses what can't be in an MQTT client id that is also a topic level; the rest is the service's. */
function checkName(reader: InputReader, { what, value, name, clientId, tenant }: Named): void {
  if (name === '') reader.problem(`${what} is the tenant without a name.`);
  if (/[\p{Cc}\s/+#]/u.test(value)) {
    reader.problem(`${what} holds a control character, white space, "/", "+" or "#".`);
  }
  if (reader.holdsSecret(value)) {
    reader.problem(`${what} holds a secret of this step, which would blank it in log and outputs.`);
  }
  if (Buffer.byteLength(clientId) > LONGEST_CLIENT_ID) {
    const prefix = clientId === value ? '' : ` with "${tenant}_" before it,`;
    reader.problem(`${what} is too long:${prefix} it may have ${LONGEST_CLIENT_ID} bytes.`);
  }
}
