import { execFileSync } from 'node:child_process';
import { lstat, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import {
  codeOf,
  errorOf,
  failingDisk,
  preload,
  type Sandbox,
  test,
  warningsOf,
} from './sandbox.ts';

const posix = process.platform !== 'win32';
const DIRECTORY = '.insights-hub';
const KEY = 'mqtt1_device001.key';

/** Under Node's permission model, as on some mounts, the mode of an open file can't be changed. */
const PERMISSION = {
  env: { NODE_OPTIONS: '--permission --allow-fs-read=* --allow-fs-write=* --no-warnings' },
};

const modeOf = async (file: string) => ((await lstat(file)).mode & 0o777).toString(8);
const inWorkspace = ({ runner }: Sandbox, ...names: readonly string[]) =>
  path.join(runner.workspace, ...names);
const issuedKey = ({ hub }: Sandbox) => hub.agents.get('mqtt1_device001')?.pair.privateKey;

describe.runIf(posix).concurrent('where modes can’t be changed', () => {
  const REFUSED = /^The mode of files in .* can't be set to 644 \((ERR_ACCESS_DENIED|EPERM)\)/;

  test.for(['out', 'out/new'])('a key is delivered to %s', async (directory, { start }) => {
    const sandbox = await start();
    await mkdir(inWorkspace(sandbox, 'out'));
    const result = await sandbox.main({ 'output-directory': directory }, PERMISSION);
    expect([result.exitCode, codeOf(result)]).toEqual([0, undefined]);
    expect(warningsOf(result)).toEqual([expect.stringMatching(REFUSED)]);
    const { privateKeyPath = '', certificatePath = '' } = result.outputs;
    expect(await readFile(privateKeyPath, 'utf8')).toBe(issuedKey(sandbox));
    expect([await modeOf(privateKeyPath), await modeOf(certificatePath)]).toEqual(['600', '600']);
    expect((await sandbox.post(result)).log).toEqual([]);
    expect(await sandbox.files()).toEqual(['out']);
  });

  test('a key that is already written is delivered nevertheless', async ({ start }) => {
    const sandbox = await start();
    const refusing = `fs.fchmodSync = new Proxy(fs.fchmodSync, { apply(call, self, given) {
      if (armed) throw fail('EPERM');
      return call(...given);
    } });`;
    const result = await sandbox.main({}, preload(failingDisk(refusing)));
    expect([result.exitCode, errorOf(result)]).toEqual([0, '']);
    expect(warningsOf(result)).toEqual([expect.stringMatching(REFUSED)]);
    expect(await sandbox.read(DIRECTORY, KEY)).toBe(issuedKey(sandbox));
  });

  test('a key that GitHub does not accept is saved', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', times: 9, fault: { kind: 'status', status: 422 } });
    const result = await sandbox.main(
      { destination: 'repository', 'github-token': github.issueToken() },
      PERMISSION,
    );
    expect(codeOf(result)).toBe('delivery-failed');
    expect(await sandbox.read(DIRECTORY, KEY)).toBe(issuedKey(sandbox));
  });
});

test.runIf(posix)(
  'a key that GitHub does not accept is saved where others can’t read it',
  async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', times: 9, fault: { kind: 'status', status: 422 } });
    // Simulates a mount that gives every file the same mode.
    const open = `const { fchmodSync } = fs;
      const loose = new Set();
      fs.openSync = (file, ...args) => {
        const descriptor = openSync(file, ...args);
        loose.delete(descriptor);
        if (!String(file).includes('${DIRECTORY}')) return descriptor;
        fchmodSync(descriptor, 0o644);
        loose.add(descriptor);
        return descriptor;
      };
      fs.fchmodSync = (descriptor, mode) => loose.has(descriptor) || fchmodSync(descriptor, mode);`;
    const result = await sandbox.main(
      { destination: 'repository', 'github-token': github.issueToken() },
      preload(failingDisk(open)),
    );
    expect(codeOf(result)).toBe('delivery-failed');
    const { privateKeyPath = '' } = result.outputs;
    expect(privateKeyPath.startsWith(sandbox.runner.temporary)).toBe(true);
    expect(await modeOf(privateKeyPath)).toBe('600');
    expect(await sandbox.files()).toEqual([DIRECTORY, path.join(DIRECTORY, '.gitignore')]);
  },
);

test('a .gitignore that can’t be written costs no key', async ({ start }) => {
  const sandbox = await start();
  const code = `const { linkSync } = fs;
    fs.linkSync = (from, to) => {
      if (to.endsWith('.gitignore')) throw fail('EDQUOT');
      linkSync(from, to);
    };`;
  const result = await sandbox.main({}, preload(failingDisk(code)));
  expect([result.exitCode, errorOf(result)]).toEqual([0, '']);
  expect(warningsOf(result)).toEqual([expect.stringMatching(/\.gitignore could not be written/)]);
  expect(await sandbox.read(DIRECTORY, KEY)).toBe(issuedKey(sandbox));
});

describe.concurrent('the post step', () => {
  test.runIf(posix)(
    'is not delayed by something that only has the name of a connection file',
    async ({ start }) => {
      const sandbox = await start();
      const main = await sandbox.main({ 'output-directory': '.' }, { timeout: 20_000 });
      expect(main.exitCode).toBe(0);
      await symlink('/dev/zero', inWorkspace(sandbox, '0.mqttx.json'));
      execFileSync('mkfifo', [inWorkspace(sandbox, '1.mqttx.json')]);
      const post = await sandbox.post(main);
      expect([post.exitCode, post.log]).toEqual([0, []]);
      expect(await sandbox.files()).toEqual(['0.mqttx.json', '1.mqttx.json']);
    },
  );

  test('deletes nothing through a link, and names what is left', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main();
    const moved = inWorkspace(sandbox, 'moved');
    const precious = inWorkspace(sandbox, 'precious');
    await rename(inWorkspace(sandbox, DIRECTORY), moved);
    await mkdir(precious);
    const names = await readdir(moved);
    for (const name of names) await writeFile(path.join(precious, name), 'theirs');
    await symlink(precious, inWorkspace(sandbox, DIRECTORY), 'junction');

    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    for (const name of names) {
      expect(await readFile(path.join(precious, name), 'utf8')).toBe('theirs');
    }
    expect(await readdir(moved)).toEqual(names);
    const told = warningsOf(post).join('\n');
    for (const name of names.filter((one) => one !== '.gitignore')) {
      expect(told).toContain(`${inWorkspace(sandbox, DIRECTORY, name)} (`);
    }
  });

  test('deletes no other file that has taken the place of its own', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main();
    const key = inWorkspace(sandbox, DIRECTORY, KEY);
    await rename(key, inWorkspace(sandbox, 'moved.key'));
    await writeFile(key, 'theirs');
    const post = await sandbox.post(main);
    expect(await readFile(key, 'utf8')).toBe('theirs');
    expect(warningsOf(post).join('\n')).toContain(`${key} (it is not the file`);
    expect(await readFile(inWorkspace(sandbox, 'moved.key'), 'utf8')).toBe(issuedKey(sandbox));
  });

  test.for(['the key', 'its directory'])('notices when %s was moved', async (what, { start }) => {
    const sandbox = await start();
    const main = await sandbox.main();
    const key = inWorkspace(sandbox, DIRECTORY, KEY);
    const from = what === 'the key' ? key : path.dirname(key);
    await rename(from, inWorkspace(sandbox, 'moved'));
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/no longer there .*device001\.key/)]);
    await rm(inWorkspace(sandbox, 'moved'), { recursive: true });
  });
});
