import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { Failure } from '../failure.ts';
import type { AgentRequest } from '../insights-hub/certificates.ts';
import { asObject } from '../json.ts';
import { type CertificateFacts, readMatchingPair } from '../keys/pem.ts';
import { Secret } from '../secret.ts';
import { agentFiles, type Files } from './destination.ts';
import { cannot, safeFileName } from './files.ts';

/** An agent whose key and certificate are there already, and belong together. */
export interface ExistingAgent {
  readonly certificate: CertificateFacts;
  /** all of its files that are there */
  readonly files: Files;
}

/**
 * Returns the agents whose files are in the directory already, by their names. Throws
 * `destination-invalid` when a key and a certificate are there that don't belong together.
 */
export async function findExisting(
  agents: readonly AgentRequest[],
  directory: string,
): Promise<ReadonlyMap<string, ExistingAgent>> {
  const existing = new Map<string, ExistingAgent>();
  const wrong: string[] = [];
  // Links don't count, and names are compared with case, also where the file system ignores it.
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name));
  const kinds = [...agentFiles('essential'), ...agentFiles('helpful')];
  for (const { name, expectedClientId: clientId, passphrase } of agents) {
    const found = kinds.filter(({ ending }) => names.has(`${clientId}${ending}`));
    const files: Files = Object.fromEntries(
      found.map(({ kind, ending }) => [kind, path.join(directory, `${clientId}${ending}`)]),
    );
    const { privateKey, certificate, mqttx } = files;
    // Files under an altered name may be those of another agent.
    if (safeFileName(clientId) !== clientId || !privateKey || !certificate) continue;
    const pair = await readPair(privateKey, certificate);
    const isOwn = mqttx === undefined || (await namesClientId(mqttx, clientId));
    const facts = isOwn ? readMatchingPair(pair, passphrase) : undefined;
    if (facts === undefined) wrong.push(privateKey);
    else existing.set(name, { certificate: facts, files });
  }
  if (wrong.length === 0) return existing;
  throw new Failure(
    'destination-invalid',
    `These private keys are there already, and are not those of the certificates or agents that they are named for (or are not encrypted with \`key-passphrase\`): ${wrong.join(', ')}. Remove them, or choose another \`output-directory\`.`,
  );
}

async function readPair(privateKey: string, certificate: string) {
  try {
    return {
      certificate: await readFile(certificate, 'utf8'),
      privateKey: new Secret(await readFile(privateKey, 'utf8')),
    };
  } catch (error) {
    throw cannot('read', `${privateKey} or the certificate beside it`, error);
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
