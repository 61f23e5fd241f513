import { mkdir, mkdtemp, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CertificateAuthority, type IssuedPair } from '../../sandbox/insights-hub/authority.ts';
import { findExisting } from '../../src/destinations/existing-files.ts';
import { encryptPrivateKey } from '../../src/keys/pem.ts';
import { Secret } from '../../src/secret.ts';
import { requestOf } from './issued.ts';

vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>();
  return { ...actual, readFile: vi.fn(actual.readFile) };
});

let pair: IssuedPair;
let other: IssuedPair;
let directory: string;

beforeAll(async () => {
  const authority = await CertificateAuthority.create();
  [pair, other] = await Promise.all([authority.issue(), authority.issue()]);
});
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'existing-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const inside = (name: string) => path.join(directory, name);

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) await writeFile(inside(name), content);
}

const writePair = (name: string, { privateKey, certificate } = pair) =>
  write({ [`${name}.key`]: privateKey, [`${name}.pem`]: certificate });

const connectionFor = (clientId: string) => JSON.stringify([{ clientId }]);

const find = (...names: readonly string[]) => findExisting(names.map(requestOf), directory);
const found = async (...names: readonly string[]) => [...(await find(...names)).keys()];

const wrong = (...names: readonly string[]) => ({
  code: 'destination-invalid',
  message: expect.stringContaining(`: ${names.map(inside).join(', ')}. Remove them`),
});

describe('an agent is there', () => {
  test('whose key and certificate belong together', async () => {
    await writePair('mqtt1_a');
    const existing = await find('a', 'b');
    expect([...existing]).toEqual([
      [
        'a',
        {
          certificate: {
            fingerprint: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
            expiresAt: expect.any(Date),
          },
          files: { privateKey: inside('mqtt1_a.key'), certificate: inside('mqtt1_a.pem') },
        },
      ],
    ]);
  });

  test('with its connection file', async () => {
    await writePair('mqtt1_a');
    await write({ 'mqtt1_a.mqttx.json': connectionFor('mqtt1_a') });
    expect((await find('a')).get('a')?.files.mqttx).toBe(inside('mqtt1_a.mqttx.json'));
  });

  test('whose key is encrypted with the passphrase that is given', async () => {
    const passphrase = new Secret('correct horse');
    const encrypted = encryptPrivateKey(new Secret(pair.privateKey), passphrase);
    await writePair('mqtt1_a', { ...pair, privateKey: encrypted });
    const agents = [{ ...requestOf('a'), passphrase }];
    expect((await findExisting(agents, directory)).size).toBe(1);
    await expect(find('a')).rejects.toMatchObject(wrong('mqtt1_a.key'));
  });
});

describe('an agent is missing', () => {
  test('where there is no directory', async () => {
    await rm(directory, { recursive: true });
    expect(await found('a')).toEqual([]);
    await mkdir(directory);
  });

  test.each(['key', 'pem'])('whose .%s is not there', async (ending) => {
    await writePair('mqtt1_a');
    await rm(inside(`mqtt1_a.${ending}`));
    expect(await found('a')).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('whose key is a link', async () => {
    await writePair('mqtt1_a');
    await rename(inside('mqtt1_a.key'), inside('elsewhere'));
    await symlink(inside('elsewhere'), inside('mqtt1_a.key'));
    expect(await found('a')).toEqual([]);
  });

  test('whose key is a directory', async () => {
    await writePair('mqtt1_a');
    await rm(inside('mqtt1_a.key'));
    await mkdir(inside('mqtt1_a.key'));
    expect(await found('a')).toEqual([]);
  });

  test('whose name differs in case, or only as a file name', async () => {
    await writePair('mqtt1_Device');
    await writePair('mqtt1_a_b');
    await writePair('mqtt1_a b');
    expect(await found('device', 'a b')).toEqual([]);
  });
});

describe('what does not belong together', () => {
  test('is refused, all of it at once', async () => {
    await writePair('mqtt1_a', { ...pair, certificate: other.certificate });
    await writePair('mqtt1_b');
    await writePair('mqtt1_c', { ...pair, privateKey: 'garbage' });
    await expect(find('a', 'b', 'c')).rejects.toMatchObject(wrong('mqtt1_a.key', 'mqtt1_c.key'));
  });

  test.each([connectionFor('mqtt1_b'), '{}', '[]', 'garbage'])(
    'is a connection file of another client id: %s',
    async (content) => {
      await writePair('mqtt1_a');
      await write({ 'mqtt1_a.mqttx.json': content });
      await expect(find('a')).rejects.toMatchObject(wrong('mqtt1_a.key'));
    },
  );
});

test('what can’t be read is refused', async () => {
  await writePair('mqtt1_a');
  vi.mocked(readFile).mockRejectedValueOnce(Object.assign(new Error('no'), { code: 'EACCES' }));
  await expect(find('a')).rejects.toMatchObject({
    code: 'destination-invalid',
    message: `Can't read ${inside('mqtt1_a.key')} or the certificate beside it (EACCES).`,
  });
});
