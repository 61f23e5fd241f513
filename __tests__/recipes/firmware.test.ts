import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect } from 'vitest';
import { openssl } from '../openssl.ts';
import type { Played } from '../workflow/play.ts';
import { type DeviceServices, test } from './device-services.ts';
import { addBoard, addGenerator, readNvs } from './esp-tools.ts';
import { plainKeysIn } from './plain-keys.ts';
import { logOf, readRecipe, resultsOf } from './services.ts';

const CLIENT_ID = 'mqtt1_firmware-1-1';
const HOST = 'mindconnectmqtt.eu1.mindsphere.io';

/** The content of an image, as the machine that flashes devices decrypts it. */
async function opened(devices: DeviceServices, image: Buffer): Promise<Buffer> {
  const [sealed, plain] = [devices.file('image.cms'), devices.file('image')];
  await writeFile(sealed, image);
  const own = ['-recip', devices.file('flashing.pem'), '-inkey', devices.file('flashing.key')];
  openssl('cms', '-decrypt', '-binary', '-inform', 'DER', '-in', sealed, '-out', plain, ...own);
  return readFileSync(plain);
}

/** Expects the issued private key, in any form. */
function expectIssued(devices: DeviceServices, key: Parameters<typeof createPrivateKey>[0]) {
  const { certificate } = devices.services.pairOf(CLIENT_ID);
  expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
}

/** Neither job leaves anything readable: the first an encrypted key, the second an encrypted image. */
function expectSealed({ hub }: DeviceServices, { artifacts, jobs }: Played, ending: string) {
  expect(artifacts.names).toEqual(['agent-1', 'firmware-1']);
  const image = `${CLIENT_ID}.${ending}.cms`;
  expect(Object.keys(artifacts.read('firmware-1'))).toEqual([image]);
  expect(artifacts.read('agent-1')[`${CLIENT_ID}.key`]).toMatch(/^-----BEGIN ENCRYPTED PRIVATE/);
  const keys = hub.issued.map(({ privateKey }) => privateKey);
  expect(artifacts.contents.map((content) => plainKeysIn(content, keys))).not.toContain(1);
  expect(jobs['firmware']?.files).toEqual(['firmware', `firmware/${image}`]);
  return artifacts.file('firmware-1', image);
}

describe.each(['firmware.yml', 'firmware-zephyr.yml'])('%s', (recipe) => {
  beforeEach<{ devices: DeviceServices }>(async ({ devices }) => {
    await addGenerator(devices);
  });

  test('creates nothing without the certificate of the flashing machine', async ({ devices }) => {
    const played = await devices.play(recipe, {
      vars: { ...devices.vars, FLASHING_CERTIFICATE: '' },
    });
    expect(resultsOf(played)).toEqual({ agent: 'failure', firmware: 'skipped' });
    expect(devices.hub.requests).toEqual([]);
  });

  test('builds nothing from a certificate that was tampered with', async ({ devices }) => {
    const upload = '      # Runs even if a later part';
    const change = `      - run: cp ${devices.file('flashing.pem')} agent/*1-1.pem\n\n`;
    const workflow = readRecipe(recipe).replace(upload, `${change}${upload}`);
    const played = await devices.play(recipe, { workflow });
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'failure' });
    expect(played.artifacts.names).toEqual(['agent-1']);
  });

  test('builds no image with more than one CA', async ({ devices }) => {
    const upload = '      # Runs even if a later part';
    const add = `      - run: cat ${devices.file('ca.pem')} >> agent/broker-ca.pem\n\n`;
    const workflow = readRecipe(recipe).replace(upload, `${add}${upload}`);
    const played = await devices.play(recipe, { workflow });
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'failure' });
    expect(logOf(played).join('\n')).toContain('does not hold one root CA');
    expect(played.artifacts.names).toEqual(['agent-1']);
  });

  test('can be built again with the same agent', async ({ devices }) => {
    const install = 'cd "$RUNNER_TEMP/agent"';
    const flag = devices.file('built');
    const once = `test -e ${flag} || { touch ${flag}; exit 1; }`;
    const workflow = readRecipe(recipe).replace(install, `${once}\n          ${install}`);
    const first = await devices.play(recipe, { workflow });
    expect(resultsOf(first)).toEqual({ agent: 'success', firmware: 'failure' });
    const second = await devices.rerun(recipe, first, { workflow });
    expect(resultsOf(second)).toEqual({ agent: 'success', firmware: 'success' });
    expect(devices.hub.seen('create')).toHaveLength(1);
    expect(second.artifacts.names).toEqual(['agent-1', 'firmware-2']);
  });

  test('has an image in which tampering is detected', async ({ devices }) => {
    const played = await devices.play(recipe);
    const [file = ''] = Object.keys(played.artifacts.read('firmware-1'));
    const image = played.artifacts.file('firmware-1', file);
    expect(openssl('asn1parse', '-inform', 'DER', '-in', await kept(devices, image))).toMatch(
      /id-smime-ct-authEnvelopedData[\s\S]*:aes-256-gcm/,
    );
    const changed = Buffer.from(image);
    changed[image.length - 1000] = 1 ^ (image[image.length - 1000] ?? 0);
    await expect(opened(devices, changed)).rejects.toThrow('Error decrypting');
  });
});

async function kept(devices: DeviceServices, content: Buffer): Promise<string> {
  const file = devices.file('kept');
  await writeFile(file, content);
  return file;
}

describe('firmware for ESP-IDF', () => {
  test('has an NVS image with client id, host, root CA, certificate and key', async ({
    devices,
  }) => {
    await addGenerator(devices);
    const played = await devices.play('firmware.yml');
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'success' });
    const image = expectSealed(devices, played, 'nvs');
    const { agent = {}, ...others } = readNvs(await opened(devices, image));
    expect(others).toEqual({});
    const { private_key: key = '', ...values } = agent;
    expect(values).toEqual({
      client_id: CLIENT_ID,
      host: HOST,
      root_ca: devices.broker.ca,
      certificate: devices.services.pairOf(CLIENT_ID).certificate,
    });
    expectIssued(devices, key);
  });
});

describe('firmware for Zephyr', () => {
  /** The bytes of an array in a header. */
  const arrayIn = (header: string, name: string): Buffer => {
    const [, body = ''] = header.split(`static const unsigned char ${name}[] = {\n`);
    const bytes = body.slice(0, body.indexOf('};')).match(/0x[0-9a-f]{2}/g) ?? [];
    return Buffer.from(bytes.map(Number));
  };

  test('has a header with client id, host, root CA, certificate and key', async ({ devices }) => {
    const played = await devices.play('firmware-zephyr.yml');
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'success' });
    const image = expectSealed(devices, played, 'tar.gz');
    const header = gunzipSync(await opened(devices, image)).toString();
    expect(header).toContain(`#define AGENT_CLIENT_ID "${CLIENT_ID}"\n`);
    expect(header).toContain(`#define AGENT_HOST "${HOST}"\n`);
    const der = (pem: string) => new X509Certificate(pem).raw;
    expect(arrayIn(header, 'agent_root_ca')).toEqual(der(devices.broker.ca));
    const { certificate } = devices.services.pairOf(CLIENT_ID);
    expect(arrayIn(header, 'agent_certificate')).toEqual(der(certificate));
    const key = arrayIn(header, 'agent_private_key');
    expectIssued(devices, { key, format: 'der', type: 'pkcs8' });
  });
});

describe('a test on a board', () => {
  const RECIPE = 'hardware-in-the-loop.yml';

  test('connects with its own agent, and leaves nothing behind', async ({ devices }) => {
    await addGenerator(devices);
    await addBoard(devices);
    const played = await devices.play(RECIPE);
    expect(resultsOf(played)).toEqual({ test: 'success' });
    expect(logOf(played)).toContain('connected as mqtt1_ci-1-1');
    const clients = devices.broker.connections.map(({ clientId }) => clientId);
    // The first is the action's own.
    expect(clients).toEqual(['mqtt1_ci-1-1', 'mqtt1_ci-1-1']);
    expect([...devices.hub.agents.keys()]).toEqual([]);
    expect(existsSync(devices.file('flash'))).toBe(false);
    expect(played.jobs['test']?.files).toEqual([]);
  });

  test('leaves nothing on the board if the tests fail', async ({ devices }) => {
    await addGenerator(devices);
    await addBoard(devices);
    const workflow = readRecipe(RECIPE).replace('"connected as', '-x "connected otherwise as');
    const played = await devices.play(RECIPE, { workflow });
    expect(resultsOf(played)).toEqual({ test: 'failure' });
    expect(devices.broker.connections).toHaveLength(2);
    expect([...devices.hub.agents.keys()]).toEqual([]);
    expect(existsSync(devices.file('flash'))).toBe(false);
  });
});
