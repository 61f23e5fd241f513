import { constants } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import pMap from 'p-map';
import { errorCode, Failure } from '../failure.ts';
import { cancelled } from '../http/errors.ts';
import type { Interruption } from '../http/time-limit.ts';
import type { AgentRequest } from '../insights-hub/certificates.ts';
import { asObject, parseJson } from '../json.ts';
import { keepFoundKey } from '../keys/masks.ts';
import { type CertificateFacts, readMatchingPair } from '../keys/pem.ts';
import { LONGEST_KEY } from '../keys/private-key.ts';
import type { SecretKeeper } from '../secret.ts';
import { agentFiles, FILE_KINDS, type Files } from './destination.ts';
import { cannot, checkDirectory, type Place, readRegularFile, safeFileName } from './files.ts';

/** More than the size of a certificate chain or a connection file, in bytes. */
const LARGEST_FILE = 1024 * 1024;

/** The encrypted keys that are opened at the same time: each keeps a core busy. */
const MOST_AT_ONCE = 4;

/** The most files that a log line names. */
const MOST_NAMED = 20;

/** An agent whose key and certificate exist and belong together. */
export interface ExistingAgent {
  readonly certificate: CertificateFacts;
  /** all of its files that exist */
  readonly files: Files;
}

export interface FindServices {
  readonly secrets: SecretKeeper;
  readonly interruption: Interruption;
  /** whether nothing may be changed */
  readonly dryRun: boolean;
  /** tells the user what was changed */
  readonly notice: (line: string) => void;
}

/** A pair of files with the names of an agent's files. */
interface FoundPair {
  readonly agent: AgentRequest;
  readonly files: Files;
  readonly privateKey: string;
  readonly certificate: string;
}

/**
 * Returns the agents whose files exist in the directory, by their names. Masks their keys, and gives
 * keys that others may read the mode 0600. Throws `destination-invalid` if a key and a certificate
 * don't belong together, if the directory is a link, or if a mode can't be changed.
 */
export async function findExisting(
  agents: readonly AgentRequest[],
  place: Place,
  services: FindServices,
): Promise<ReadonlyMap<string, ExistingAgent>> {
  const pairs = await findPairs(agents, place);
  const read = async (pair: FoundPair) => {
    if (services.interruption.cancelled.aborted) throw cancelled('Reading the files of agents');
    const facts = await readPair(pair, services.secrets);
    return { ...pair, files: await withBrokerCa(pair.files), facts };
  };
  const concurrency = Math.min(MOST_AT_ONCE, availableParallelism());
  const found = await pMap(pairs, read, { concurrency });
  const wrong = found.filter(({ facts }) => facts === undefined);
  if (wrong.length > 0) {
    const names = wrong.map(({ privateKey }) => privateKey).join(', ');
    throw new Failure(
      'destination-invalid',
      `These private keys already exist, but can't be used: ${names}. Each of them either does not belong to the certificate or agent in its file name, is of a kind that is not accepted, is not PKCS#8 although \`key-format\` is pkcs8, is encrypted although \`key-passphrase\` is not set, or is not encrypted with \`key-passphrase\`. Delete them, or choose another \`output-directory\`.`,
    );
  }
  await closeToOthers(
    pairs.map(({ privateKey }) => privateKey),
    services,
  );
  return new Map(
    found.flatMap(({ agent, files, facts }) =>
      facts === undefined ? [] : [[agent.name, { certificate: facts, files }] as const],
    ),
  );
}

/** The agents that have both files. */
async function findPairs(
  agents: readonly AgentRequest[],
  place: Place,
): Promise<readonly FoundPair[]> {
  const { directory } = place;
  // A missing directory is created and checked later.
  if (!(await lstat(directory).catch(() => undefined))) return [];
  checkDirectory(place);
  // Links don't count. Names are case-sensitive, even where the file system ignores case.
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const kinds = [...agentFiles('essential'), ...agentFiles('helpful')];
  return agents.flatMap((agent) => {
    const { expectedClientId: clientId } = agent;
    const found = kinds.filter(({ ending }) => names.has(`${clientId}${ending}`));
    const files: Files = Object.fromEntries(
      found.map(({ kind, ending }) => [kind, path.join(directory, `${clientId}${ending}`)]),
    );
    const { privateKey, certificate } = files;
    // Files with an altered name may belong to another agent.
    if (safeFileName(clientId) !== clientId || !privateKey || !certificate) return [];
    return { agent, files, privateKey, certificate };
  });
}

/** The facts of the certificate, if all files are the agent's and the key has the wanted form. */
async function readPair(
  { agent, files, privateKey, certificate }: FoundPair,
  secrets: SecretKeeper,
): Promise<CertificateFacts | undefined> {
  const { keyFormat: format, passphrase, expectedClientId } = agent;
  const form = { format, passphrase };
  const text = await read(privateKey, LONGEST_KEY);
  const key = text === undefined ? undefined : await keepFoundKey(text, form, secrets);
  const mqttx = files.mqttx && (await read(files.mqttx, LARGEST_FILE));
  const chain = await read(certificate, LARGEST_FILE);
  const isOwn = files.mqttx === undefined || isFor(expectedClientId, mqttx);
  if (key === undefined || chain === undefined || !isOwn) return undefined;
  return readMatchingPair({ privateKey: key, certificate: chain });
}

/** The text of a file; nothing if it is too large. */
async function read(file: string, most: number): Promise<string | undefined> {
  try {
    return (await readRegularFile(file, { most })).toString();
  } catch (error) {
    if (errorCode(error) === 'EFBIG') return undefined;
    throw cannot('read', file, error);
  }
}

/** Whether a connection file is for a client id. */
function isFor(clientId: string, connection = ''): boolean {
  return connectionIn(connection)?.['clientId'] === clientId;
}

function connectionIn(text: string): Readonly<Record<string, unknown>> | undefined {
  const parsed = parseJson(text);
  return Array.isArray(parsed) ? asObject(parsed[0]) : undefined;
}

/** The files, with the CA file that the connection file names, if that is beside them. */
async function withBrokerCa(files: Files): Promise<Files> {
  if (files.mqttx === undefined) return files;
  const named = connectionIn((await read(files.mqttx, LARGEST_FILE)) ?? '')?.['ca'];
  const name = /[/\\](broker-ca(?:-[\da-f-]{36})?\.pem)$/.exec(String(named))?.[1] ?? '';
  const brokerCa = path.join(path.dirname(files.mqttx), name);
  const isThere = named === brokerCa && (await lstat(brokerCa).catch(() => undefined))?.isFile();
  return isThere ? { ...files, brokerCa } : files;
}

/** Makes keys unreadable for others: restored files, for example from an artifact, lose their modes. */
async function closeToOthers(
  keys: readonly string[],
  { dryRun, notice }: FindServices,
): Promise<void> {
  // Windows has no such modes.
  if (process.platform === 'win32') return;
  const changed: string[] = [];
  for (const key of keys) {
    if (await closeKey(key, dryRun)) changed.push(key);
  }
  if (changed.length === 0) return;
  const more = changed.length > MOST_NAMED ? `, and ${changed.length - MOST_NAMED} more` : '';
  const what = dryRun ? 'would get' : 'got';
  notice(
    `${changed.length === 1 ? 'This private key' : `These ${changed.length} private keys`}, which others on this machine could read, ${what} mode 0600: ${changed.slice(0, MOST_NAMED).join(', ')}${more}.`,
  );
}

/** Whether others could read the key. */
async function closeKey(file: string, dryRun: boolean): Promise<boolean> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const { mode } = FILE_KINDS.privateKey;
  try {
    const handle = await open(file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const isOpen = async () => ((await handle.stat()).mode & 0o077) !== 0;
      if (!(await isOpen())) return false;
      if (dryRun) return true;
      await handle.chmod(mode);
      if (!(await isOpen())) return true;
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw cannot('change the mode of', file, error);
  }
  throw new Failure(
    'destination-invalid',
    `Others on this machine can read ${file}, and its file system does not support other modes. Move the file, or choose another \`output-directory\`.`,
  );
}
