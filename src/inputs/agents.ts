import type { AgentRequest } from '../insights-hub/agent-certificates.ts';
import type { Secret } from '../secret.ts';
import type { InputReader } from './reader.ts';

/** AWS IoT's limit, in bytes; Insights Hub's broker stands on it. */
const LONGEST_CLIENT_ID = 128;

/** The agents that `name` lists, with the owner that `owner` gives all of them. */
export function readAgents(
  reader: InputReader,
  { tenant, passphrase }: { readonly tenant: string; readonly passphrase: Secret | undefined },
): readonly AgentRequest[] {
  const names = reader.list('name');
  if (names.length === 0) {
    reader.problem('`name` is required: the name of the agent, or a list with one name per line.');
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name)) reader.problem(`\`name\` ${reader.quote(name)} is in the list twice.`);
    else checkName(reader, name, tenant);
    seen.add(name);
  }
  const owner = reader.text('owner') || undefined;
  return names.map((name) => ({
    name,
    owner,
    expectedClientId: `${tenant}_${name}`,
    passphrase,
  }));
}

/** Refuses what can't be in an MQTT client id that is also a topic level; the rest is the service's. */
function checkName(reader: InputReader, name: string, tenant: string): void {
  const what = `\`name\` ${reader.quote(name)}`;
  if (/[\p{Cc}\s/+#]/u.test(name)) {
    reader.problem(`${what} holds a control character, white space, "/", "+" or "#".`);
  }
  if (reader.holdsSecret(name)) {
    reader.problem(`${what} holds a secret of this step, which would blank it in log and outputs.`);
  }
  if (Buffer.byteLength(`${tenant}_${name}`) > LONGEST_CLIENT_ID) {
    reader.problem(
      `${what} is too long: with the tenant and "_" before it, it may have ${LONGEST_CLIENT_ID} bytes.`,
    );
  }
}
