import { readFile } from 'node:fs/promises';
import { connectAsync } from 'mqtt';
import { sampleMessage } from '../src/report/connect.ts';
import type { Broker } from './broker/broker.ts';
import type { GitHub } from './github/github.ts';
import type { StepResult } from './runner/runner.ts';

/** What a device needs to connect. */
interface Equipment {
  readonly clientId: string;
  readonly certificate: string | Buffer;
  readonly privateKey: string | Buffer;
}

/**
 * Takes the first agent's certificate and key from its files, or from the secrets that were
 * written; returns undefined if there are none.
 */
export async function equipmentFrom(
  { outputs }: StepResult,
  github: GitHub | undefined,
): Promise<Equipment | undefined> {
  const [agent] = JSON.parse(outputs['agents'] ?? '[]') as readonly Partial<AgentOutput>[];
  const { clientId, certificatePath, privateKeyPath, secretNames = [], code } = agent ?? {};
  if (clientId === undefined || code !== undefined) return undefined;
  if (certificatePath !== undefined && privateKeyPath !== undefined) {
    return {
      clientId,
      certificate: await readFile(certificatePath),
      privateKey: await readFile(privateKeyPath),
    };
  }
  const vaults = github ? [github.vault, ...github.environments.values()] : [];
  const secrets = new Map(vaults.flatMap((vault) => [...vault.secrets]));
  const find = (ending: string) =>
    secrets.get(secretNames.find((name) => name.endsWith(ending)) ?? '');
  const certificate = find('_CERTIFICATE');
  const privateKey = find('_PRIVATE_KEY');
  if (certificate === undefined || privateKey === undefined) return undefined;
  return { clientId, certificate, privateKey };
}

/** What the output `agents` says of one agent. */
interface AgentOutput {
  readonly clientId: string;
  readonly certificatePath: string;
  readonly privateKeyPath: string;
  readonly secretNames: readonly string[];
  readonly code: string;
}

/** Connects as a device, publishes one message, and waits until the broker has acknowledged it. */
export async function sendFirstMessage(
  { clientId, certificate, privateKey }: Equipment,
  { broker, passphrase, tenant }: DeviceOptions,
): Promise<void> {
  const client = await connectAsync(broker.url, {
    clientId,
    ca: broker.ca,
    cert: certificate,
    key: privateKey,
    ...(passphrase && { passphrase }),
    protocolVersion: 4,
    reconnectPeriod: 0,
    connectTimeout: 20_000,
  });
  const topic = `tc/${tenant}/${clientId}/o/mc_v3/ts`;
  await client.publishAsync(topic, sampleMessage(new Date()), { qos: 1 });
  await client.endAsync();
}

export interface DeviceOptions {
  readonly broker: Broker;
  readonly tenant: string;
  readonly passphrase: string;
}
