import { createPrivateKey } from 'node:crypto';
import {
  chmod,
  mkdir,
  mkdtemp,
  open,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { CertificateAuthority, type IssuedPair } from '../../sandbox/insights-hub/authority.ts';
import { type FindServices, findExisting } from '../../src/destinations/existing-files.ts';
import type { AgentRequest } from '../../src/insights-hub/certificates.ts';
import { keepIssuedKey } from '../../src/keys/masks.ts';
import { KnownSecrets, Secret } from '../../src/secret.ts';
import { encryptedKey, encryptWith } from '../keys/der.ts';
import { requestOf } from './issued.ts';

vi.mock('node:fs/promises', async (load) => {
  const actual = await load<typeof import('node:fs/promises')>();
  return { ...actual, open: vi.fn(actual.open) };
});

let pair: IssuedPair;
let other: IssuedPair;
let directory: string;

beforeAll(async () => {
  const authority = await CertificateAuthority.create();
  [pair, other] = await Promise.all([authority.issue(), authority.issue()]);
});
beforeEach(async () => {
  // On macOS, the system's own directory is behind a link.
  directory = await mkdtemp(path.join(await realpath(tmpdir()), 'existing-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

const inside = (name: string) => path.join(directory, name);

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await writeFile(inside(name), content, { mode: 0o600 });
  }
}

const writePair = (name: string, { privateKey, certificate } = pair) =>
  write({ [`${name}.key`]: privateKey, [`${name}.pem`]: certificate });

const pkcs8Of = (pem: string) =>
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
const pkcs1Of = (pem: string) =>
  createPrivateKey(pem).export({ type: 'pkcs1', format: 'pem' }).toString();

const connectionFor = (clientId: string) => JSON.stringify([{ clientId }]);

/** The result of looking for agents, and what is logged and masked. */
async function look(agents: readonly AgentRequest[], more: Partial<FindServices> = {}) {
  const masked: (readonly string[])[] = [];
  const notices: string[] = [];
  const existing = await findExisting(
    agents,
    { directory, workspace: directory },
    {
      secrets: new KnownSecrets((values) => masked.push(values)),
      interruption: {
        cancelled: new AbortController().signal,
        graceOver: new AbortController().signal,
      },
      dryRun: false,
      notice: (line) => notices.push(line),
      ...more,
    },
  );
  return { existing, masked, notices };
}

const find = async (...names: readonly string[]) => (await look(names.map(requestOf))).existing;
const found = async (...names: readonly string[]) => [...(await find(...names)).keys()];

const wrong = (...names: readonly string[]) => ({
  code: 'destination-invalid',
  message: expect.stringContaining(
    `: ${names.map(inside).join(', ')}. Each of them either does not belong`,
  ),
});

describe('an agent exists', () => {
  test('if its key and certificate belong together', async () => {
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

  test.each([
    ['broker-ca.pem', 'broker-ca.pem'],
    ['broker-ca-0b6c1f9e-6f0c-4a57-9d6b-3d3f8f0d6a11.pem'],
    ['mqtt1_a.pem', ''],
    ['../broker-ca.pem', ''],
    ['absent/../broker-ca.pem', ''],
  ])(
    'with the CA file that its connection file names, if that is beside it: %s',
    async (name, expected = name) => {
      await writePair('mqtt1_a');
      const ca = `${directory}${path.sep}${name}`;
      await write({ 'mqtt1_a.mqttx.json': JSON.stringify([{ clientId: 'mqtt1_a', ca }]) });
      expect((await find('a')).get('a')?.files.brokerCa).toBeUndefined();
      await write({ [expected || 'broker-ca.pem']: 'the CAs' });
      const there = (await find('a')).get('a')?.files.brokerCa;
      expect(there).toBe(expected === '' ? undefined : inside(expected));
    },
  );

  test('with its connection file', async () => {
    await writePair('mqtt1_a');
    await write({ 'mqtt1_a.mqttx.json': connectionFor('mqtt1_a') });
    expect((await find('a')).get('a')?.files.mqttx).toBe(inside('mqtt1_a.mqttx.json'));
  });

  test('if its key is encrypted with the given passphrase', async () => {
    const passphrase = new Secret('correct horse');
    const encrypted = encryptWith(pair.privateKey, passphrase.reveal(), 2048);
    await writePair('mqtt1_a', { ...pair, privateKey: encrypted });
    const agents = [{ ...requestOf('a'), passphrase }];
    expect((await look(agents)).existing.size).toBe(1);
    await expect(find('a')).rejects.toMatchObject(wrong('mqtt1_a.key'));
  });

  test('if its key is PKCS#8, and PKCS#8 is wanted', async () => {
    await writePair('mqtt1_a', { ...pair, privateKey: pkcs8Of(pair.privateKey) });
    await writePair('mqtt1_b', { ...pair, privateKey: pkcs1Of(pair.privateKey) });
    expect(await found('a', 'b')).toEqual(['a', 'b']);
    const agents = ['a', 'b'].map((name) => ({ ...requestOf(name), keyFormat: 'pkcs8' as const }));
    expect((await look(agents.slice(0, 1))).existing.size).toBe(1);
    await expect(look(agents)).rejects.toMatchObject(wrong('mqtt1_b.key'));
  });
});

describe('an agent is missing', () => {
  test('if there is no directory', async () => {
    await rm(directory, { recursive: true });
    expect(await found('a')).toEqual([]);
    await mkdir(directory);
  });

  test.each(['key', 'pem'])('if its .%s does not exist', async (ending) => {
    await writePair('mqtt1_a');
    await rm(inside(`mqtt1_a.${ending}`));
    expect(await found('a')).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('if its key is a link', async () => {
    await writePair('mqtt1_a');
    await rename(inside('mqtt1_a.key'), inside('elsewhere'));
    await symlink(inside('elsewhere'), inside('mqtt1_a.key'));
    expect(await found('a')).toEqual([]);
  });

  test('if its key is a directory', async () => {
    await writePair('mqtt1_a');
    await rm(inside('mqtt1_a.key'));
    await mkdir(inside('mqtt1_a.key'));
    expect(await found('a')).toEqual([]);
  });

  test('if its name differs in case, or is only similar as a file name', async () => {
    await writePair('mqtt1_Device');
    await writePair('mqtt1_a_b');
    await writePair('mqtt1_a b');
    expect(await found('device', 'a b')).toEqual([]);
  });
});

describe('files that don’t belong together', () => {
  test('are refused, all of them together', async () => {
    await writePair('mqtt1_a', { ...pair, certificate: other.certificate });
    await writePair('mqtt1_b');
    await writePair('mqtt1_c', { ...pair, privateKey: 'garbage' });
    await expect(find('a', 'b', 'c')).rejects.toMatchObject(wrong('mqtt1_a.key', 'mqtt1_c.key'));
  });

  test.each([connectionFor('mqtt1_b'), '{}', '[]', 'garbage'])(
    'include a connection file of another client id: %s',
    async (content) => {
      await writePair('mqtt1_a');
      await write({ 'mqtt1_a.mqttx.json': content });
      await expect(find('a')).rejects.toMatchObject(wrong('mqtt1_a.key'));
    },
  );
});

describe('an existing key', () => {
  const agents = [requestOf('a')];

  test('is masked like one that was just issued', async () => {
    await writePair('mqtt1_a');
    const expected: (readonly string[])[] = [];
    const secrets = new KnownSecrets((values) => expected.push(values));
    keepIssuedKey(pair.privateKey, { format: 'issued', lock: undefined }, secrets);
    const { masked, notices } = await look(agents);
    expect(masked).toEqual(expected);
    expect(notices).toEqual([]);
  });

  test('is refused immediately if opening it would take forever', async () => {
    await writePair('mqtt1_a', { ...pair, privateKey: encryptedKey(2 ** 31 - 1) });
    const encrypted = [{ ...requestOf('a'), passphrase: new Secret('correct horse') }];
    await expect(look(encrypted)).rejects.toMatchObject(wrong('mqtt1_a.key'));
  });

  test.each(['.key', '.pem', '.mqttx.json'])('is refused if its %s is too large', async (end) => {
    await writePair('mqtt1_a');
    await write({ 'mqtt1_a.mqttx.json': connectionFor('mqtt1_a') });
    expect((await look(agents)).existing.size).toBe(1);
    const most = end === '.key' ? 16 * 1024 : 1024 * 1024;
    const content = await readFile(inside(`mqtt1_a${end}`), 'utf8');
    await write({ [`mqtt1_a${end}`]: content.padEnd(most + 1) });
    await expect(look(agents)).rejects.toMatchObject(wrong('mqtt1_a.key'));
  });

  test('is not read when the job is cancelled', async () => {
    await writePair('mqtt1_a');
    const cancelled = AbortSignal.abort();
    const interruption = { cancelled, graceOver: new AbortController().signal };
    await expect(look(agents, { interruption })).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe.skipIf(process.platform === 'win32')('a key that others may read', () => {
  const agents = [requestOf('a')];
  const modeOf = async (name: string) => ((await stat(inside(name))).mode & 0o777).toString(8);
  beforeEach(async () => {
    await writePair('mqtt1_a');
    await chmod(inside('mqtt1_a.key'), 0o644);
  });

  test('gets mode 0600', async () => {
    const { existing, notices } = await look(agents);
    expect(existing.size).toBe(1);
    expect(await modeOf('mqtt1_a.key')).toBe('600');
    expect(notices).toEqual([
      `This private key, which others on this machine could read, got mode 0600: ${inside('mqtt1_a.key')}.`,
    ]);
  });

  test('stays as it is in a dry run, which says so', async () => {
    const { existing, notices } = await look(agents, { dryRun: true });
    expect(existing.size).toBe(1);
    expect(await modeOf('mqtt1_a.key')).toBe('644');
    expect(notices).toEqual([expect.stringContaining('would get mode 0600: ')]);
  });

  test('stays as it is when another one is refused', async () => {
    await writePair('mqtt1_b', { ...pair, privateKey: other.privateKey });
    await expect(look(['a', 'b'].map(requestOf))).rejects.toMatchObject(wrong('mqtt1_b.key'));
    expect(await modeOf('mqtt1_a.key')).toBe('644');
  });

  test('is reported in one line with all the others, the first 20 by name', async () => {
    const names = Array.from({ length: 22 }, (_, index) => `d${index + 10}`);
    for (const name of names) {
      await writePair(`mqtt1_${name}`);
      await chmod(inside(`mqtt1_${name}.key`), 0o640);
    }
    const { notices } = await look(names.map(requestOf));
    expect(notices).toEqual([expect.stringMatching(/^These 22 private keys, .*, and 2 more\.$/)]);
    expect(notices[0]?.match(/\.key/g)).toHaveLength(20);
  });

  test.each([
    ['fails', () => Promise.reject(Object.assign(new Error('no'), { code: 'EPERM' })), /\(EPERM\)/],
    ['changes nothing', () => Promise.resolve(), /does not support other modes/],
  ])('is refused if chmod %s', async (_, change, message) => {
    const { open: actualOpen } =
      await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
    vi.mocked(open).mockImplementation(async (...args) =>
      Object.assign(await actualOpen(...args), { chmod: change }),
    );
    await expect(look(agents)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringMatching(message),
    });
    vi.mocked(open).mockImplementation(actualOpen);
  });
});

describe.skipIf(process.platform === 'win32')('nothing is read through a link', () => {
  test.each(['', 'deeper'])('in the path of the directory: "%s"', async (below) => {
    const elsewhere = await mkdtemp(path.join(tmpdir(), 'elsewhere-'));
    const workspace = directory;
    const place = { directory: path.join(workspace, 'link', below), workspace };
    await mkdir(path.join(elsewhere, below), { recursive: true });
    await symlink(elsewhere, path.join(workspace, 'link'));
    await writeFile(path.join(place.directory, 'mqtt1_a.key'), pair.privateKey);
    await writeFile(path.join(place.directory, 'mqtt1_a.pem'), pair.certificate);
    const never = new AbortController().signal;
    const services = {
      secrets: new KnownSecrets(() => {}),
      interruption: { cancelled: never, graceOver: never },
      dryRun: false,
      notice: () => {},
    };
    await expect(findExisting([requestOf('a')], place, services)).rejects.toMatchObject({
      code: 'destination-invalid',
      message: expect.stringContaining(`${path.join(workspace, 'link')} is a link`),
    });
    await rm(elsewhere, { recursive: true });
  });
});

test.each(['.key', '.pem'])('files that can’t be read are refused: %s', async (ending) => {
  await writePair('mqtt1_a');
  const { open: actualOpen } =
    await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  vi.mocked(open).mockImplementation((file, ...args) =>
    String(file).endsWith(ending)
      ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
      : actualOpen(file, ...args),
  );
  await expect(find('a')).rejects.toMatchObject({
    code: 'destination-invalid',
    message: `Can't read ${inside(`mqtt1_a${ending}`)} (EACCES).`,
  });
  vi.mocked(open).mockImplementation(actualOpen);
});
