import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest } from '../insights-hub/agent-certificates.ts';
import { asObject } from '../json.ts';
import { type CertificateFacts, readMatchingPair } from '../key-pair/pem.ts';
import { Secret } from '../secret.ts';
import { safeFileName } from './file-name.ts';

/** An agent whose key and certificate are there already, and belong together. */
export interface ExistingAgent extends CertificateFacts {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  /** nothing where there is none */
  readonly mqttxPath: string | undefined;
}

/**
 * The agents of a list whose files are in the directory already, by their names. Throws
 * `destination-invalid` when a key and a certificate are there that don't belong together.
 */
export async function findExisting(
  agents: readonly AgentRequest[],
  directory: string,
): Promise<ReadonlyMap<string, ExistingAgent>> {
  const existing = new Map<string, ExistingAgent>();
  const wrong: string[] = [];
  // To the letter, also where the file system takes `A` for `a`.
  const names = new Set(await readdir(directory).catch(() => []));
  for (const { name, expectedClientId: clientId, passphrase } of agents) {
    // Files under an altered name may be those of another agent.
    const isThere = ['key', 'pem'].every((ending) => names.has(`${clientId}.${ending}`));
    if (safeFileName(clientId) !== clientId || !isThere) continue;
    const base = path.join(directory, clientId);
    const paths = { certificatePath: `${base}.pem`, privateKeyPath: `${base}.key` };
    const pair = await readPair(paths);
    if (pair === undefined) continue;
    const mqttxPath = (await isFile(`${base}.mqttx.json`)) ? `${base}.mqttx.json` : undefined;
    const isOwn = mqttxPath === undefined || (await namesClientId(mqttxPath, clientId));
    const facts = isOwn ? readMatchingPair(pair, passphrase) : undefined;
    if (facts === undefined) wrong.push(paths.privateKeyPath);
    else existing.set(name, { ...facts, ...paths, mqttxPath });
  }
  if (wrong.length === 0) return existing;
  throw new Failure(
    'destination-invalid',
    `These private keys are there already, and are not those of the certificates or agents that they are named for (or are not encrypted with \`key-passphrase\`): ${wrong.join(', ')}. Remove them, or choose another \`output-directory\`.`,
  );
}

interface PairPaths {
  readonly certificatePath: string;
  readonly privateKeyPath: string;
}

/** Both files; nothing when one of them is not there. */
async function readPair({ certificatePath, privateKeyPath }: PairPaths) {
  if (!(await isFile(certificatePath)) || !(await isFile(privateKeyPath))) return undefined;
  try {
    return {
      certificate: await readFile(certificatePath, 'utf8'),
      privateKey: new Secret(await readFile(privateKeyPath, 'utf8')),
    };
  } catch (error) {
    throw new Failure(
      'destination-invalid',
      `Can't read ${privateKeyPath} or the certificate beside it (${errorCode(error)}).`,
      { cause: error },
    );
  }
}

/** Whether a connection file is for a client id. */
async function namesClientId(file: string, clientId: string): Promise<boolean> {
  try {
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'));
    return Array.isArray(parsed) && asObject(parsed[0])?.['clientId'] === clientId;
  } catch {
    return false;
  }
}

/** Whether something is a file, and no link. */
async function isFile(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() ?? false;
}
