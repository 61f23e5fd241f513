import { lstat, readFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCode, Failure } from '../failure.ts';
import type { AgentRequest } from '../insights-hub/agent-certificates.ts';
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
  for (const agent of agents) {
    const base = path.join(directory, safeFileName(agent.expectedClientId));
    const paths = { certificatePath: `${base}.pem`, privateKeyPath: `${base}.key` };
    const pair = await readPair(paths);
    if (pair === undefined) continue;
    const facts = readMatchingPair(pair, agent.passphrase);
    if (facts === undefined) wrong.push(paths.privateKeyPath);
    else {
      const mqttxPath = (await isFile(`${base}.mqttx.json`)) ? `${base}.mqttx.json` : undefined;
      existing.set(agent.name, { ...facts, ...paths, mqttxPath });
    }
  }
  if (wrong.length === 0) return existing;
  throw new Failure(
    'destination-invalid',
    `These private keys are there already, and are not those of the certificates beside them (or \`key-passphrase\` does not open them): ${wrong.join(', ')}. Remove them, or choose another \`output-directory\`.`,
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

/** Whether something is a file, and no link. */
async function isFile(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => undefined);
  return found?.isFile() ?? false;
}
