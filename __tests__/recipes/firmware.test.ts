import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { beforeEach, describe, expect } from 'vitest';
import { leaksIn } from '../leaks.ts';
import { openssl } from '../openssl.ts';
import type { Played } from '../workflow/play.ts';
import { type DeviceServices, logOf, readRecipe, resultsOf, test } from './device-services.ts';
import { addBoard, addGenerator, readNvs } from './esp-tools.ts';

const CLIENT_ID = 'mqtt1_firmware-1-1';
const HOST = 'mindconnectmqtt.eu1.mindsphere.io';

/** What the machine that flashes devices gets out of an image. */
async function opened(services: DeviceServices, image: Buffer): Promise<Buffer> {
  const [sealed, plain] = [services.file('image.cms'), services.file('image')];
  await writeFile(sealed, image);
  const own = ['-recip', services.file('flashing.pem'), '-inkey', services.file('flashing.key')];
  openssl('cms', '-decrypt', '-binary', '-inform', 'DER', '-in', sealed, '-out', plain, ...own);
  return readFileSync(plain);
}

/** The private key that was issued, whatever the form in which a device has it. */
function expectIssued(services: DeviceServices, key: Parameters<typeof createPrivateKey>[0]) {
  const { certificate } = services.pairOf(CLIENT_ID);
  expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))).toBe(true);
}

/** Neither job leaves anything readable: the first an encrypted key, the second an encrypted image. */
function expectSealed({ known }: DeviceServices, { artifacts, jobs }: Played, ending: string) {
  expect(artifacts.names).toEqual(['agent-1', 'firmware-1']);
  const image = `${CLIENT_ID}.${ending}.cms`;
  expect(Object.keys(artifacts.read('firmware-1'))).toEqual([image]);
  expect(artifacts.read('agent-1')[`${CLIENT_ID}.key`]).toMatch(/^-----BEGIN ENCRYPTED PRIVATE/);
  for (const name of artifacts.names) {
    const texts = Object.keys(artifacts.read(name)).filter((file) => !file.endsWith('.pem'));
    const text = texts.map((file) => artifacts.file(name, file).toString('latin1')).join('\n');
    expect(leaksIn(text, known)).toEqual([]);
  }
  expect(jobs['firmware']?.files).toEqual(['firmware', `firmware/${image}`]);
  return artifacts.file('firmware-1', image);
}

describe.each(['firmware.yml', 'firmware-zephyr.yml'])('%s', (recipe) => {
  beforeEach<{ services: DeviceServices }>(async ({ services }) => {
    await addGenerator(services);
  });

  test('builds no image with a choice of CAs', async ({ services }) => {
    const upload = '      # Also when a later part';
    const add = `      - run: cat ${services.file('ca.pem')} >> agent/broker-ca.pem\n\n`;
    const workflow = readRecipe(recipe).replace(upload, `${add}${upload}`);
    const played = await services.play(recipe, { workflow });
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'failure' });
    expect(logOf(played).join('\n')).toContain('does not hold one root CA');
    expect(played.artifacts.names).toEqual(['agent-1']);
  });

  test('can be built again with the same agent', async ({ services }) => {
    const install = 'cd "$RUNNER_TEMP/agent"';
    const flag = services.file('built');
    const once = `test -e ${flag} || { touch ${flag}; exit 1; }`;
    const workflow = readRecipe(recipe).replace(install, `${once}\n          ${install}`);
    const first = await services.play(recipe, { workflow });
    expect(resultsOf(first)).toEqual({ agent: 'success', firmware: 'failure' });
    const second = await services.rerun(recipe, first, { workflow });
    expect(resultsOf(second)).toEqual({ agent: 'success', firmware: 'success' });
    expect(services.hub.seen('create')).toHaveLength(1);
    expect(second.artifacts.names).toEqual(['agent-1', 'firmware-2']);
  });

  test('has an image that nobody can change without its being noticed', async ({ services }) => {
    const played = await services.play(recipe);
    const [file = ''] = Object.keys(played.artifacts.read('firmware-1'));
    const image = played.artifacts.file('firmware-1', file);
    expect(openssl('asn1parse', '-inform', 'DER', '-in', await kept(services, image))).toMatch(
      /id-smime-ct-authEnvelopedData[\s\S]*:aes-256-gcm/,
    );
    const changed = Buffer.from(image);
    changed[image.length - 1000] = 1 ^ (image[image.length - 1000] ?? 0);
    await expect(opened(services, changed)).rejects.toThrow('Error decrypting');
  });
});

async function kept(services: DeviceServices, content: Buffer): Promise<string> {
  const file = services.file('kept');
  await writeFile(file, content);
  return file;
}

describe('firmware for ESP-IDF', () => {
  test('has an NVS image with client id, host, root CA, certificate and key', async ({
    services,
  }) => {
    await addGenerator(services);
    const played = await services.play('firmware.yml');
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'success' });
    const image = expectSealed(services, played, 'nvs');
    const { agent = {}, ...others } = readNvs(await opened(services, image));
    expect(others).toEqual({});
    const { private_key: key = '', ...values } = agent;
    expect(values).toEqual({
      client_id: CLIENT_ID,
      host: HOST,
      root_ca: services.broker.ca,
      certificate: services.pairOf(CLIENT_ID).certificate,
    });
    expectIssued(services, key);
  });
});

describe('firmware for Zephyr', () => {
  /** The bytes of an array in a header. */
  const arrayIn = (header: string, name: string): Buffer => {
    const [, body = ''] = header.split(`static const unsigned char ${name}[] = {\n`);
    const bytes = body.slice(0, body.indexOf('};')).match(/0x[0-9a-f]{2}/g) ?? [];
    return Buffer.from(bytes.map(Number));
  };

  test('has a header with client id, host, root CA, certificate and key', async ({ services }) => {
    const played = await services.play('firmware-zephyr.yml');
    expect(resultsOf(played)).toEqual({ agent: 'success', firmware: 'success' });
    const image = expectSealed(services, played, 'tar.gz');
    const header = gunzipSync(await opened(services, image)).toString();
    expect(header).toContain(`#define AGENT_CLIENT_ID "${CLIENT_ID}"\n`);
    expect(header).toContain(`#define AGENT_HOST "${HOST}"\n`);
    const der = (pem: string) => new X509Certificate(pem).raw;
    expect(arrayIn(header, 'agent_root_ca')).toEqual(der(services.broker.ca));
    const { certificate } = services.pairOf(CLIENT_ID);
    expect(arrayIn(header, 'agent_certificate')).toEqual(der(certificate));
    const key = arrayIn(header, 'agent_private_key');
    expectIssued(services, { key, format: 'der', type: 'pkcs8' });
  });
});

describe('a test on a board', () => {
  const RECIPE = 'hardware-in-the-loop.yml';

  test('connects with an agent of its own, of which nothing is left', async ({ services }) => {
    await addGenerator(services);
    await addBoard(services);
    const played = await services.play(RECIPE);
    expect(resultsOf(played)).toEqual({ test: 'success' });
    expect(logOf(played)).toContain('connected as mqtt1_ci-1-1');
    const clients = services.broker.connections.map(({ clientId }) => clientId);
    // The first is the action's own.
    expect(clients).toEqual(['mqtt1_ci-1-1', 'mqtt1_ci-1-1']);
    expect([...services.hub.agents.keys()]).toEqual([]);
    expect(existsSync(services.file('flash'))).toBe(false);
    expect(played.jobs['test']?.files).toEqual([]);
  });

  test('leaves nothing on the board when the tests fail', async ({ services }) => {
    await addGenerator(services);
    await addBoard(services);
    const workflow = readRecipe(RECIPE).replace('"connected as', '-x "connected otherwise as');
    const played = await services.play(RECIPE, { workflow });
    expect(resultsOf(played)).toEqual({ test: 'failure' });
    expect(services.broker.connections).toHaveLength(2);
    expect([...services.hub.agents.keys()]).toEqual([]);
    expect(existsSync(services.file('flash'))).toBe(false);
  });
});
