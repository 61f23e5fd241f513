import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { type Sandbox, waitFor } from '../action/sandbox.ts';
import { snippets } from '../house/pages.ts';
import { type Ran, succeed } from './tools.ts';

export const PASSPHRASE = 'opens +/= the "key" of a device';
export const TOPIC = 'tc/mqtt1/mqtt1_device001/o/mc_v3/ts';
const MESSAGE = '{"timeseries":[]}';

/** The forms that the action writes a private key in. */
export type KeyForm = 'issued' | 'pkcs8' | 'encrypted';

/** What a device is given: the files that the action wrote, and where to connect. */
export interface Equipment {
  readonly port: string;
  readonly clientId: string;
  readonly topic: string;
  readonly message: string;
  /** absolute paths */
  readonly ca: string;
  readonly certificate: string;
  readonly privateKey: string;
  /** empty if the key is not encrypted */
  readonly passphrase: string;
  /** where the files are */
  readonly directory: string;
}

/** Runs the action, whose files a device of the embedded broker then has. */
export async function equip(sandbox: Sandbox, form: KeyForm) {
  const { broker, inputs } = await sandbox.startBroker();
  const passphrase = form === 'encrypted' ? PASSPHRASE : '';
  // The broker's CA is one of many that the runner trusts, as it is for a user.
  const { 'broker-ca-file': root = '', ...rest } = inputs;
  const given = {
    ...rest,
    ...(form === 'pkcs8' && { 'key-format': 'pkcs8' }),
    ...(passphrase && { 'encrypt-key': 'true', 'key-passphrase': passphrase }),
  };
  const result = await sandbox.main(given, { env: { NODE_EXTRA_CA_CERTS: root } });
  expect(result.exitCode).toBe(0);
  const { outputs } = result;
  const { clientId = '', certificatePath = '', privateKeyPath = '', brokerCaPath } = outputs;
  const device: Equipment = {
    port: `${broker.port}`,
    clientId,
    topic: TOPIC,
    message: MESSAGE,
    ca: brokerCaPath ?? root,
    certificate: certificatePath,
    privateKey: privateKeyPath,
    passphrase,
    directory: path.dirname(privateKeyPath),
  };
  return { broker, device };
}

/** The embedded broker has got the device's one message, and its client did not fail. */
export async function expectPublished(
  { broker }: Awaited<ReturnType<typeof equip>>,
  ran?: Ran,
): Promise<void> {
  if (ran !== undefined) expect(ran).toMatchObject({ exitCode: 0 });
  await waitFor(() => broker.messages.length > 0);
  const clientId = 'mqtt1_device001';
  expect(broker.messages).toEqual([{ clientId, topic: TOPIC, payload: MESSAGE }]);
}

/** What the page on devices shows in a block that holds some text, for a device with these files. */
export function shownFor(device: Equipment, part: string): string {
  const found = snippets.filter(
    ({ page, text }) => page === 'docs/devices.md' && text.includes(part),
  );
  expect(found, part).toHaveLength(1);
  return (found[0]?.text ?? '')
    .replaceAll('mindconnectmqtt.eu1.mindsphere.io', 'localhost')
    .replaceAll('8883', device.port)
    .replaceAll('/etc/agent/', `${device.directory}/`);
}

/** Runs what the page shows, where the device's files are. */
export async function runShown(device: Equipment, part: string): Promise<string> {
  const { directory, passphrase, certificate, privateKey, ca } = device;
  const env = {
    KEY_PASSPHRASE: passphrase || PASSPHRASE,
    CERTIFICATE: certificate,
    PRIVATE_KEY: privateKey,
    BROKER_CA: ca,
  };
  return succeed('bash', ['-euc', shownFor(device, part)], { cwd: directory, env });
}

export const textOf = (file: string) => readFile(file, 'utf8');
