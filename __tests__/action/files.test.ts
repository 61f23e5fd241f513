import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { identityOf } from '../../src/destinations/identity.ts';
import { Journal } from '../../src/destinations/journal.ts';
import { stateText } from '../../src/destinations/journal-state.ts';
import {
  agentsOf,
  codeOf,
  errorOf,
  failingDisk,
  journalOf,
  onceGuarded,
  preload,
  type Sandbox,
  test,
  waitFor,
  warningsOf,
} from './sandbox.ts';

const posix = process.platform !== 'win32';
const DIRECTORY = '.insights-hub';

async function modeOf(sandbox: Sandbox, ...names: string[]): Promise<string> {
  const { mode } = await lstat(path.join(sandbox.runner.workspace, ...names));
  return (mode & 0o7777).toString(8);
}

/** Starts the action under another umask, before it has created anything. */
function withUmask(umask: string) {
  return preload(`process.umask(${umask});`);
}

describe.concurrent('files', () => {
  test.runIf(posix).for(['0o022', '0o077', '0o000', '0o277'])(
    'have their modes under umask %s',
    async (umask, { start }) => {
      const sandbox = await start();
      const inputs = { 'output-directory': 'one/two' };
      expect((await sandbox.main(inputs, withUmask(umask))).exitCode).toBe(0);
      expect(await modeOf(sandbox, 'one')).toBe('700');
      expect(await modeOf(sandbox, 'one/two')).toBe('700');
      expect(await modeOf(sandbox, 'one/.gitignore')).toBe('644');
      expect(await modeOf(sandbox, 'one/two/mqtt1_device001.key')).toBe('600');
      expect(await modeOf(sandbox, 'one/two/mqtt1_device001.pem')).toBe('644');
    },
  );

  test('get one .gitignore, in the topmost new directory', async ({ start }) => {
    const sandbox = await start();
    await mkdir(path.join(sandbox.runner.workspace, 'mine'));
    await sandbox.main({ 'output-directory': 'mine/a/b' });
    expect(await sandbox.read('mine/a/.gitignore')).toBe('*\n');
    expect((await sandbox.files()).filter((name) => name.endsWith('.gitignore'))).toHaveLength(1);
  });

  test('get no .gitignore in a directory of others', async ({ start }) => {
    const sandbox = await start();
    const mine = path.join(sandbox.runner.workspace, 'mine');
    await mkdir(mine);
    await sandbox.main({ 'output-directory': 'mine' });
    expect(await readdir(mine)).toEqual([
      'broker-ca.pem',
      'mqtt1_device001.key',
      'mqtt1_device001.mqttx.json',
      'mqtt1_device001.pem',
    ]);
  });

  test.for(['mqtt1_device001.key', 'mqtt1_device001.pem'])(
    'that already exist (%s) stop the step before anything is created',
    async (name, { start }) => {
      const sandbox = await start();
      const file = path.join(sandbox.runner.workspace, DIRECTORY, name);
      await mkdir(path.dirname(file));
      await writeFile(file, 'precious');
      const result = await sandbox.main({ name: 'other\ndevice001' });
      expect(codeOf(result)).toBe('destination-invalid');
      expect(errorOf(result)).toContain(file);
      expect(sandbox.hub.seen('create')).toEqual([]);
      expect(await readFile(file, 'utf8')).toBe('precious');
      await sandbox.post(result);
      expect(await readFile(file, 'utf8')).toBe('precious');
    },
  );

  test('that are dangling links count as existing', async ({ start }) => {
    const sandbox = await start();
    const target = path.join(sandbox.runner.temporary, 'target');
    await mkdir(path.join(sandbox.runner.workspace, DIRECTORY));
    await symlink(target, path.join(sandbox.runner.workspace, DIRECTORY, 'mqtt1_device001.key'));
    expect(codeOf(await sandbox.main())).toBe('destination-invalid');
    await expect(lstat(target)).rejects.toThrow(/ENOENT/);
  });

  test('that appear in the meantime are not overwritten: the id is added to the name', async ({
    start,
  }) => {
    const sandbox = await start();
    // A client id other than the expected one leads to a file that was not checked.
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'change', change: (answer) => ({ ...answer, clientId: 'mqtt1_taken' }) },
    });
    const taken = path.join(sandbox.runner.workspace, 'out', 'mqtt1_taken.pem');
    await mkdir(path.dirname(taken));
    await writeFile(taken, 'precious');
    const result = await sandbox.main({ 'output-directory': 'out' });
    expect(result.exitCode).toBe(0);
    const base = `mqtt1_taken-${result.outputs['certificateId']}`;
    expect(path.basename(result.outputs['privateKeyPath'] ?? '')).toBe(`${base}.key`);
    expect(await readdir(path.dirname(taken))).toEqual([
      'broker-ca.pem',
      `${base}.key`,
      `${base}.mqttx.json`,
      `${base}.pem`,
      'mqtt1_taken.pem',
    ]);
    await sandbox.post(result);
    expect(await readdir(path.dirname(taken))).toEqual(['mqtt1_taken.pem']);
  });

  test('have safe names, whatever the client id', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({
      at: 'create',
      fault: {
        kind: 'change',
        change: (answer) => ({ ...answer, clientId: '../../mqtt1 :\u0000é' }),
      },
    });
    const result = await sandbox.main();
    expect(result.exitCode).toBe(0);
    const file = result.outputs['privateKeyPath'] ?? '';
    expect(path.dirname(file)).toBe(path.join(sandbox.runner.workspace, DIRECTORY));
    expect(path.basename(file)).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]*\.key$/);
  });

  test.for(['.insights-hub', '.insights-hub/deeper'])(
    'are not written through a link (%s)',
    async (directory, { start }) => {
      const sandbox = await start();
      const elsewhere = path.join(sandbox.runner.temporary, 'elsewhere');
      await mkdir(elsewhere);
      await symlink(elsewhere, path.join(sandbox.runner.workspace, DIRECTORY), 'junction');
      const result = await sandbox.main({ 'output-directory': directory });
      expect(codeOf(result)).toBe('destination-invalid');
      expect(errorOf(result)).toMatch(/is a link/);
      expect(sandbox.hub.seen('create')).toEqual([]);
      expect(await readdir(elsewhere)).toEqual([]);
    },
  );

  test('are not written where a file is in the way', async ({ start }) => {
    const sandbox = await start();
    await writeFile(path.join(sandbox.runner.workspace, 'file'), '');
    const result = await sandbox.main({ 'output-directory': 'file/below' });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(errorOf(result)).toMatch(/not a directory/);
    expect(sandbox.hub.seen('create')).toEqual([]);
  });
});

describe.concurrent('a key that can’t be written to the workspace', () => {
  const diskFull = preload(
    failingDisk(`fs.openSync = (file, ...args) => {
    if (armed && String(file).includes('.insights-hub')) throw fail('ENOSPC');
    return openSync(file, ...args);
  };`),
  );

  test('is saved in the temporary directory and stays there', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, diskFull);
    expect(result.exitCode).toBe(1);
    expect(codeOf(result)).toBe('delivery-failed');
    const { privateKeyPath = '', certificatePath = '' } = result.outputs;
    expect(privateKeyPath.startsWith(sandbox.runner.temporary)).toBe(true);
    expect(errorOf(result)).toMatch(
      /could not be written to .* \(ENOSPC\)\. The private key is in /,
    );
    expect(errorOf(result)).toContain(privateKeyPath);
    expect(errorOf(result)).toContain(certificatePath);
    await sandbox.post(result);
    const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
    expect(await readFile(privateKeyPath, 'utf8')).toBe(pair?.privateKey);
    expect(await readFile(certificatePath, 'utf8')).toBe(pair?.certificate);
    if (posix) expect((await lstat(privateKeyPath)).mode & 0o777).toBe(0o600);
    if (posix) expect((await lstat(path.dirname(privateKeyPath))).mode & 0o777).toBe(0o700);
  });

  test('is saved encrypted when a passphrase is set', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'key-passphrase': 'correct horse' }, diskFull);
    expect(codeOf(result)).toBe('delivery-failed');
    const pem = await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8');
    expect(pem).toMatch(/^-----BEGIN ENCRYPTED PRIVATE KEY-----/);
  });

  test('is reported as lost when no place takes it', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(
        failingDisk(`fs.openSync = (file, ...args) => {
        if (armed) throw fail('EROFS');
        return openSync(file, ...args);
      };`),
      ),
    );
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/is lost.*Delete the agent with client id mqtt1_device001/);
    expect(result.outputs['clientId']).toBe('mqtt1_device001');
    expect(result.outputs['privateKeyPath']).toBeUndefined();
  });

  test('is saved when the directory was deleted or has become a link', async ({ start }) => {
    const sandbox = await start();
    const directory = path.join(sandbox.runner.workspace, DIRECTORY);
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'hold', until } });
    const running = sandbox.main();
    await waitFor(() => sandbox.hub.seen('create').length > 0);
    await rm(directory, { recursive: true });
    const elsewhere = path.join(sandbox.runner.workspace, 'elsewhere');
    await mkdir(elsewhere);
    await symlink(elsewhere, directory, 'junction');
    release();
    const result = await running;
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/is a link.*The private key is in/);
    expect(await readdir(elsewhere)).toEqual([]);
  });

  test('is delivered even if it can no longer be noted', async ({ start }) => {
    const sandbox = await start();
    const { promise: until, resolve: release } = Promise.withResolvers<void>();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'hold', until } });
    const running = sandbox.main();
    await waitFor(() => sandbox.hub.seen('create').length > 0);
    const [journal = ''] = await readdir(sandbox.runner.temporary);
    await rm(path.join(sandbox.runner.temporary, journal));
    await mkdir(path.join(sandbox.runner.temporary, journal));
    release();
    const result = await running;
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([expect.stringMatching(/may be left.*\(EISDIR\)/)]);
    const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
    expect(await sandbox.read(DIRECTORY, 'mqtt1_device001.key')).toBe(pair?.privateKey);
    await rm(path.join(sandbox.runner.temporary, journal), { recursive: true });
  });

  test('is copied if there are no hard links', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(failingDisk(`fs.linkSync = () => { throw fail('EPERM'); };`)),
    );
    expect(result.exitCode).toBe(0);
    const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
    expect(await sandbox.read(DIRECTORY, 'mqtt1_device001.key')).toBe(pair?.privateKey);
    if (posix) expect(await modeOf(sandbox, DIRECTORY, 'mqtt1_device001.key')).toBe('600');
  });
});

describe.concurrent('a place that can’t be written stops the step before anything is created:', () => {
  test("the runner's temporary directory", async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { RUNNER_TEMP: '/nowhere/at/all' } });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(errorOf(result)).toMatch(/temporary directory .* \(ENOENT\)/);
    const message = errorOf(result).replace('[destination-invalid] ', '');
    expect(agentsOf(result)).toEqual([{ name: 'device001', code: 'destination-invalid', message }]);
    expect(sandbox.hub.requests).toEqual([]);
  });

  test.runIf(posix && process.getuid?.() !== 0)(
    'a directory without permission',
    async ({ start }) => {
      const sandbox = await start();
      const directory = path.join(sandbox.runner.workspace, DIRECTORY);
      await mkdir(directory);
      await chmod(directory, 0o500);
      expect(codeOf(await sandbox.main())).toBe('destination-invalid');
      expect(sandbox.hub.seen('create')).toEqual([]);
    },
  );
});

describe.runIf(process.platform === 'linux').concurrent('a full disk under the file of', () => {
  test('outputs fails the step, after key and certificate were written', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { GITHUB_OUTPUT: '/dev/full' } });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(errorOf(result)).toMatch(/outputs of the step could not be written \(ENOSPC\)/);
    const pair = sandbox.hub.agents.get('mqtt1_device001')?.pair;
    expect(await sandbox.read(DIRECTORY, 'mqtt1_device001.key')).toBe(pair?.privateKey);
    expect(result.log.join('\n')).toContain(path.join(DIRECTORY, 'mqtt1_device001.key'));
  });

  test('state fails the step before anything is created', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { GITHUB_STATE: '/dev/full' } });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(errorOf(result)).toContain('(ENOSPC)');
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('the summary causes a warning', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { GITHUB_STEP_SUMMARY: '/dev/full' } });
    expect(result.exitCode).toBe(0);
    expect(warningsOf(result)).toEqual([expect.stringContaining('(ENOSPC)')]);
  });
});

/** Code that denies the action access to a file that a variable names. */
function denying(variable: string) {
  return preload(`import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    for (const name of ['appendFileSync', 'accessSync']) {
      const call = fs[name];
      fs[name] = (file, ...args) => {
        if (String(file) !== process.env[${JSON.stringify(variable)}]) return call(file, ...args);
        throw Object.assign(new Error('no'), { code: 'EACCES' });
      };
    }
    syncBuiltinESMExports();`);
}

describe.concurrent("the runner's file of", () => {
  const files = [
    { file: 'state', variable: 'GITHUB_STATE' },
    { file: 'outputs', variable: 'GITHUB_OUTPUT' },
  ];

  test.for(files)('$file is unknown: nothing is created', async ({ variable }, { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { [variable]: '' } });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(errorOf(result)).toContain(`(${variable} is not set)`);
    expect(result.stdout).not.toMatch(/^::(?!add-mask|error)/m);
    expect(sandbox.hub.seen('create')).toEqual([]);
  });

  test.for(files)(
    '$file belongs to another user: the message says what to do, and nothing is created',
    async ({ variable }, { start }) => {
      const sandbox = await start();
      const result = await sandbox.main({}, denying(variable));
      expect(codeOf(result)).toBe('destination-invalid');
      expect(errorOf(result)).toMatch(
        /\(EACCES\).* In a job with `container:`, .*`options: --user/,
      );
      expect(sandbox.hub.seen('create')).toEqual([]);
    },
  );

  test('notes is in a folder of another user: the message says what to do', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      preload(`import files from 'node:fs/promises';
        import { syncBuiltinESMExports } from 'node:module';
        files.writeFile = async () => {
          throw Object.assign(new Error('no'), { code: 'EACCES' });
        };
        syncBuiltinESMExports();`),
    );
    expect(codeOf(result)).toBe('destination-invalid');
    expect(errorOf(result)).toMatch(/temporary directory .* \(EACCES\).*`options: --user/);
    expect(sandbox.hub.requests).toEqual([]);
  });
});

describe.concurrent('the post step', () => {
  test('deletes what was created and nothing else, and can run twice', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'a\nb', 'output-directory': 'x/y' });
    await writeFile(path.join(sandbox.runner.workspace, 'x', 'mine'), '');
    for (const time of [1, 2]) {
      const post = await sandbox.post(result);
      const told = time === 1 ? [] : [expect.stringMatching(/^The notes of this step are gone: /)];
      expect([time, post.exitCode, post.log]).toEqual([time, 0, told]);
      // The .gitignore stays with what it hides.
      expect(await sandbox.files()).toEqual(['x', 'x/.gitignore', 'x/mine'].map(path.normalize));
    }
  });

  test('leaves the runner clean', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    expect(Object.keys(result.state)).toEqual(['journal']);
    const { path: journal } = journalOf(result);
    expect(path.dirname(journal)).toBe(sandbox.runner.temporary);
    if (posix) expect((await lstat(journal)).mode & 0o777).toBe(0o600);
    await sandbox.post(result);
    expect(await sandbox.files()).toEqual([]);
    expect(await readdir(sandbox.runner.temporary)).toEqual([]);
  });

  test('keeps the files with keep-files', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ 'keep-files': 'true' });
    expect((await sandbox.post(result)).exitCode).toBe(0);
    expect((await sandbox.files()).map((name) => path.basename(name))).toEqual([
      DIRECTORY,
      '.gitignore',
      'broker-ca.pem',
      'mqtt1_device001.key',
      'mqtt1_device001.mqttx.json',
      'mqtt1_device001.pem',
    ]);
  });

  test('keeps the files of another step in the same directory', async ({ start }) => {
    const sandbox = await start();
    const first = await sandbox.main();
    const second = await sandbox.main({ name: 'device002', 'keep-files': 'true' });
    await sandbox.post(second);
    await sandbox.post(first);
    expect((await sandbox.files()).map((name) => path.basename(name))).toEqual([
      DIRECTORY,
      '.gitignore',
      'broker-ca.pem',
      'mqtt1_device002.key',
      'mqtt1_device002.mqttx.json',
      'mqtt1_device002.pem',
    ]);
  });

  test('never fails, whatever goes wrong', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    const post = await sandbox.runner.post(
      {
        inputs: sandbox.inputs,
        ...preload(onceGuarded("throw new Error('late');", 150)),
      },
      result,
    );
    expect([post.exitCode, post.stderr]).toEqual([0, '']);
    expect(post.log).toEqual([expect.stringMatching(/^Warning: The clean-up .* failed/)]);
    expect(await sandbox.files()).toEqual([]);
  });

  test('warns of what it can’t delete, and does not fail', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    const file = result.outputs['privateKeyPath'] ?? '';
    await rm(file);
    await mkdir(file);
    const post = await sandbox.post(result);
    expect(post.exitCode).toBe(0);
    expect(post.log).toHaveLength(1);
    expect(post.log[0]).toMatch(
      /^Warning: These files could not be deleted after the job: .*\.key \(E/,
    );
  });

  test.runIf(posix).for(['linkSync', 'appendFileSync'])(
    'deletes the files of a step that was killed in the middle of %s',
    async (call, { start }) => {
      const sandbox = await start();
      // Killed right after the key got its name, or while that is noted.
      const killed = await sandbox.runner.main({
        inputs: sandbox.inputs,
        ...preload(`import fs from 'node:fs';
          import { syncBuiltinESMExports } from 'node:module';
          const original = fs.${call};
          fs.${call} = (...args) => {
            original(...args);
            if (/\\.key"?$|"file".*\\.key"/m.test(String(args[1]))) process.kill(process.pid, 'SIGKILL');
          };
          syncBuiltinESMExports();`),
      });
      expect(killed.exitCode).toBe(null);
      expect(await sandbox.files()).toContain(path.join(DIRECTORY, 'mqtt1_device001.key'));
      expect((await sandbox.post(killed)).exitCode).toBe(0);
      expect(await sandbox.files()).toEqual([]);
    },
  );

  test("leaves somebody else's file that a killed step was about to create", async ({ start }) => {
    const sandbox = await start();
    const file = path.join(sandbox.runner.workspace, 'mqtt1_device001.key');
    const journal = await Journal.start(sandbox.runner.temporary);
    const identity = identityOf(await lstat(sandbox.runner.workspace, { bigint: true }));
    journal.record({ kind: 'placing', path: file, identity });
    await writeFile(file, 'precious');
    const main = await sandbox.main({ name: '' });
    const { path: place, key } = journal;
    const digests = { hub: '-', scopes: [], files: '-' };
    const state = stateText({ path: place, key, rehearsed: true, keepsKey: false, digests });
    await sandbox.post({ ...main, state: { journal: state } });
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(await readdir(sandbox.runner.temporary)).toEqual([]);
  });

  test('has nothing to do, and logs nothing, when no step ran before', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: '' });
    const post = await sandbox.post(result);
    expect([post.exitCode, post.stdout]).toEqual([0, '']);
  });
});
