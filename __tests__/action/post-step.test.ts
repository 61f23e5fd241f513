import { appendFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { Journal } from '../../src/destinations/journal.ts';
import { stateText } from '../../src/destinations/journal-state.ts';
import {
  codeOf,
  errorOf,
  journalOf,
  masksOf,
  preload,
  type Sandbox,
  test,
  warningsOf,
} from './sandbox.ts';

const ephemeral = { ephemeral: 'true' };
const DIRECTORY = '.insights-hub';
const KEY = path.join(DIRECTORY, 'mqtt1_device001.key');
const PEM = path.join(DIRECTORY, 'mqtt1_device001.pem');

/** The lines of a step's notes, without the blank ones. */
async function linesOf(main: StepResult): Promise<readonly string[]> {
  return (await readFile(journalOf(main).path, 'utf8')).split('\n').filter(Boolean);
}

async function rewrite(main: StepResult, lines: readonly string[]): Promise<void> {
  await writeFile(journalOf(main).path, lines.map((line) => `${line}\n`).join(''));
}

async function empty({ runner }: Sandbox): Promise<void> {
  for (const name of await readdir(runner.temporary)) {
    await rm(path.join(runner.temporary, name), { recursive: true });
  }
}

/** A step that pushes to a repository, beside or instead of its files. */
async function startPushing(sandbox: Sandbox, inputs: Readonly<Record<string, string>> = {}) {
  const github = await sandbox.startGitHub();
  const given = { destination: 'repository', 'github-token': github.issueToken(), ...inputs };
  const main = await sandbox.main(given);
  return { github, main };
}

describe.concurrent('the notes of a step', () => {
  test('are sealed with a key that is masked, and only in the state', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({}, { debug: true });
    const { key, lines } = journalOf(main);
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(masksOf(main)).toContain(key);
    expect(await linesOf(main)).toHaveLength(lines ?? 0);
    expect(main.stdout.replace(`::add-mask::${key}`, '')).not.toContain(key);
    expect(await sandbox.readJournal(main)).not.toContain(key);
  });

  test('are not started if the state can’t be saved', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({}, { env: { GITHUB_STATE: '' } });
    expect(codeOf(main)).toBe('destination-invalid');
    expect(main.stdout).not.toContain('save-state');
    expect(sandbox.hub.seen('create')).toEqual([]);
  });

  test.for([
    ['the path of a file', { kind: 'file' }],
    ['an agent', { kind: 'agent', name: 'b', clientId: 'mqtt1_b', state: 'issued' }],
  ] as const)('can’t be extended by others: %s', async ([, planted], { start }) => {
    const sandbox = await start();
    const theirs = path.join(sandbox.runner.workspace, 'theirs');
    await writeFile(theirs, 'precious');
    await sandbox.hub.addAgent('b');
    const main = await sandbox.main(ephemeral);
    const entry = JSON.stringify({ path: theirs, ...planted });
    const [first = ''] = await linesOf(main);
    // As it was before, sealed as another line, and as a repetition.
    const forged = [entry, first.replace(/\{.*/, entry), first];
    await appendFile(journalOf(main).path, forged.map((line) => `${line}\n`).join(''));
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/were ignored \(3\)\.$/)]);
    expect(await readFile(theirs, 'utf8')).toBe('precious');
    expect([...sandbox.hub.agents.keys()]).toEqual(['mqtt1_b']);
    expect(await sandbox.files()).toEqual(['theirs']);
  });

  test.for([
    ['removed', (lines: readonly string[]) => lines.toSpliced(-1)],
    ['deleted in the middle', (lines: readonly string[]) => lines.toSpliced(4, 1)],
    ['changed', (lines: readonly string[]) => lines.with(4, `${lines[4]} `)],
    ['all deleted', () => []],
  ] as const)('are known to be incomplete if lines are %s', async ([, change], { start }) => {
    const sandbox = await start();
    const { github, main } = await startPushing(sandbox, {
      ...ephemeral,
      destination: 'workspace, repository',
    });
    const lines = await linesOf(main);
    await rewrite(main, change(lines));
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    const told = warningsOf(post).join('\n');
    expect(told).toContain("Lines of this step's notes are missing or were changed.");
    // Everything that is left is named, and nothing that was deleted.
    const files = (await sandbox.files()).filter((name) => /\.(key|pem|json)$/.test(name));
    for (const name of files) if (!name.includes('broker-ca')) expect(told).toContain(name);
    for (const clientId of sandbox.hub.agents.keys()) expect(told).toContain(clientId);
    for (const name of github.vault.secrets.keys()) expect(told).toContain(name);
  });

  test('keep the keys that may be the last ones, if lines are missing', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'status', status: 403 } });
    const main = await sandbox.main({
      destination: 'workspace, repository',
      'github-token': github.issueToken(),
    });
    expect(errorOf(main)).toMatch(/The private key is in .* is not deleted when the job ends/);
    const lines = await linesOf(main);
    const rest = lines.filter((line) => !line.includes('"kept"'));
    expect(rest.length).toBeLessThan(lines.length);
    await rewrite(main, rest);
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(
        /No key was deleted, because one of them had to be kept\..*mqtt1_device001\.key/,
      ),
    ]);
    expect(await sandbox.files()).toEqual(expect.arrayContaining([KEY, PEM]));
  });

  test('end where the step was killed, even in the middle of a line', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(
      {},
      preload(`import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { appendFileSync } = fs;
      fs.appendFileSync = (file, text, ...rest) => {
        const note = String(text).indexOf('"kind":"file"');
        if (note < 0) return appendFileSync(file, text, ...rest);
        appendFileSync(file, String(text).slice(0, note), ...rest);
        process.kill(process.pid, 'SIGKILL');
      };
      syncBuiltinESMExports();`),
    );
    expect(main.exitCode).toBeNull();
    expect(journalOf(main).lines).toBeUndefined();
    expect(await sandbox.files()).toContain(KEY);
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([]);
    expect(await sandbox.files()).toEqual([]);
  });
});

describe.concurrent('when the notes of a step are gone', () => {
  test('the keys of its agents are deleted nevertheless, and the rest is named', async ({
    start,
  }) => {
    const sandbox = await start();
    const { github, main } = await startPushing(sandbox, {
      ...ephemeral,
      destination: 'workspace, repository',
    });
    await empty(sandbox);
    const requests = sandbox.hub.requests.length;
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    const [warning = '', ...others] = warningsOf(post);
    expect(others).toEqual([]);
    expect(warning).toMatch(/^The notes of this step are gone: .* was emptied/);
    expect(warning).toContain(PEM);
    expect(warning).toContain('agent mqtt1_device001');
    for (const name of github.vault.secrets.keys()) {
      expect(warning).toContain(`secret ${name} of repository octo/device`);
    }
    const files = await sandbox.files();
    expect(files).not.toContain(KEY);
    expect(files).toContain(PEM);
    // Nothing proves any longer whose they are.
    expect(github.vault.secrets.size).toBe(2);
    expect(sandbox.hub.agents.size).toBe(1);
    expect(sandbox.hub.requests).toHaveLength(requests);
  });

  const keeps = {
    'names another agent': { name: 'device002' },
    'lead to another directory': { 'output-directory': 'other' },
    'skip what is there': { 'if-exists': 'skip' },
    'are empty': { name: '', tenant: '', 'oauth-client-id': '', 'oauth-client-secret': '' },
  };
  test.for(Object.entries(keeps))(
    'no key is deleted when the inputs %s',
    async ([, inputs], { start }) => {
      const sandbox = await start();
      const main = await sandbox.main();
      await mkdir(path.join(sandbox.runner.workspace, 'other'));
      const others = ['mqtt1_device002.key', 'mqtt1_device001.key'];
      await writeFile(path.join(sandbox.runner.workspace, DIRECTORY, others[0] ?? ''), 'theirs');
      await writeFile(path.join(sandbox.runner.workspace, 'other', others[1] ?? ''), 'theirs');
      const before = await sandbox.files();
      await empty(sandbox);
      const post = await sandbox.post(main, inputs);
      expect(post.exitCode).toBe(0);
      expect(warningsOf(post)).toEqual([
        expect.stringMatching(
          /^The notes of this step are gone: .*inputs, which have changed since the step ran/,
        ),
      ]);
      expect(await sandbox.files()).toEqual(before);
    },
  );

  test.for([
    ['with keep-files', { 'keep-files': 'true' }],
    ['with if-exists skip', { 'if-exists': 'skip' }],
  ] as const)('no key is deleted %s', async ([, inputs], { start }) => {
    const sandbox = await start();
    const main = await sandbox.main(inputs);
    await empty(sandbox);
    expect((await sandbox.post(main)).exitCode).toBe(0);
    expect(await sandbox.files()).toContain(KEY);
  });

  test('no key is deleted that was saved after its delivery failed', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.faults.push({ at: 'secret', fault: { kind: 'status', status: 403 } });
    const main = await sandbox.main({
      destination: 'workspace, repository',
      'github-token': github.issueToken(),
    });
    expect(codeOf(main)).toBe('delivery-failed');
    await empty(sandbox);
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([expect.stringContaining(KEY)]);
    expect(await sandbox.files()).toContain(KEY);
  });

  test('no key is deleted that existed before the step', async ({ start }) => {
    const sandbox = await start();
    await mkdir(path.join(sandbox.runner.workspace, DIRECTORY));
    await writeFile(path.join(sandbox.runner.workspace, KEY), 'theirs');
    const main = await sandbox.main();
    expect(codeOf(main)).toBe('destination-invalid');
    await empty(sandbox);
    const post = await sandbox.post(main);
    expect(post.log).toEqual([expect.stringMatching(/Nothing was created/)]);
    expect(await sandbox.read(KEY)).toBe('theirs');
  });

  test.skipIf(process.platform === 'win32')(
    'no key is deleted through a link',
    async ({ start }) => {
      const sandbox = await start();
      const main = await sandbox.main();
      const { workspace } = sandbox.runner;
      const theirs = path.join(workspace, 'theirs');
      await mkdir(theirs);
      await writeFile(path.join(theirs, 'mqtt1_device001.key'), 'theirs');
      await rm(path.join(workspace, DIRECTORY), { recursive: true });
      await symlink(theirs, path.join(workspace, DIRECTORY));
      await empty(sandbox);
      const post = await sandbox.post(main);
      expect(warningsOf(post)).toEqual([expect.stringContaining(KEY)]);
      expect(await readdir(theirs)).toEqual(['mqtt1_device001.key']);
    },
  );
});

describe.concurrent('when the inputs of the post step have changed', () => {
  const lost = {
    'are empty': { name: '', tenant: '', 'oauth-client-id': '', 'oauth-client-secret': '' },
    'have no credentials': { 'oauth-client-secret': '' },
  };
  test.for(Object.entries(lost))(
    'and %s, everything that stays is named',
    async ([, inputs], { start }) => {
      const sandbox = await start();
      const { github, main } = await startPushing(sandbox, {
        ...ephemeral,
        destination: 'workspace, repository',
        name: 'a\nb',
      });
      const post = await sandbox.post(main, inputs);
      expect(post.exitCode).toBe(0);
      const told = warningsOf(post).join('\n');
      expect(warningsOf(post)).toHaveLength(1);
      for (const { clientId, id } of sandbox.hub.certificates.values()) {
        expect(told).toContain(`agent ${clientId} (certificate ${id})`);
      }
      expect(github.vault.secrets.size).toBe(4);
      for (const name of github.vault.secrets.keys()) expect(told).toContain(name);
      expect(await sandbox.files()).toEqual([]);
    },
  );

  const places = (hub: Sandbox['hub']) => [
    { tenant: 'other', 'client-id-prefix': 'mqtt1' },
    { 'api-url': hub.urls['api-url'].replace('127.0.0.1', 'localhost') },
  ];
  test.for([0, 1])(
    'and lead to another tenant or address, nothing is touched there: %i',
    async (at, { start }) => {
      const sandbox = await start();
      const main = await sandbox.main(ephemeral);
      const [id] = [...sandbox.hub.certificates.keys()];
      const requests = sandbox.hub.requests.length;
      const post = await sandbox.post(main, places(sandbox.hub)[at]);
      expect(post.exitCode).toBe(0);
      expect(warningsOf(post)).toEqual([
        expect.stringMatching(
          new RegExp(
            `\\[input-invalid\\].*Left: agent mqtt1_device001 \\(certificate ${id}\\)\\.$`,
          ),
        ),
      ]);
      expect(sandbox.hub.requests).toHaveLength(requests);
      expect(sandbox.hub.agents.size).toBe(1);
      expect(await sandbox.files()).toEqual([]);
    },
  );

  test('and lead to another repository, its secrets are not touched', async ({ start }) => {
    const sandbox = await start();
    const { github, main } = await startPushing(sandbox, ephemeral);
    const requests = github.requests.length;
    const post = await sandbox.post(main, { repository: 'octo/other' });
    const told = warningsOf(post).join('\n');
    for (const name of github.vault.secrets.keys()) {
      expect(told).toContain(`secret ${name} of repository octo/device`);
    }
    expect(github.vault.secrets.size).toBe(2);
    expect(github.requests).toHaveLength(requests);
    expect(sandbox.hub.agents.size).toBe(0);
  });

  test('the state contains nothing that could be guessed', async ({ start }) => {
    const sandbox = await start();
    const { main } = await startPushing(sandbox, { ...ephemeral, name: 'device-xyz' });
    const state = main.state['journal'] ?? '';
    for (const word of ['mqtt1', 'device-xyz', 'octo', '127.0.0.1']) {
      expect(state.replace(journalOf(main).path, '')).not.toContain(word);
    }
  });
});

describe.concurrent('anything that the post step can’t delete', () => {
  test('is named when Insights Hub is down', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({ ...ephemeral, name: 'a\nb' });
    sandbox.hub.faults.push({ at: 'token', fault: { kind: 'status', status: 400 } });
    const post = await sandbox.post(main);
    const [warning = '', ...others] = warningsOf(post);
    expect(others).toEqual([]);
    for (const { clientId, id } of sandbox.hub.certificates.values()) {
      expect(warning).toContain(`agent ${clientId} (certificate ${id})`);
    }
  });

  test('is named without a certificate that no longer exists', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main(ephemeral);
    sandbox.hub.forbidden.add('delete-agent');
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([expect.stringMatching(/Left: agent mqtt1_device001\.$/)]);
  });

  test('is named when certificates can’t be listed', async ({ start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'reset-after' } });
    const main = await sandbox.main(ephemeral);
    expect(codeOf(main)).toBe('outcome-unknown');
    sandbox.hub.forbidden.add('list-certificates');
    const post = await sandbox.post(main);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(
        /^The list of certificates could not be read.* Agents: mqtt1_device001\.$/,
      ),
    ]);
  });

  test('is named completely for a fleet, in few lines', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({ name: '' });
    const journal = await Journal.start(sandbox.runner.temporary);
    const names = Array.from({ length: 300 }, (_, at) => `device${at}`);
    for (const name of names) {
      const certificateId = name.toUpperCase();
      const clientId = `mqtt1_${name}`;
      journal.record({ kind: 'agent', name, clientId, certificateId, state: 'issued' });
    }
    const { path: file, key, lines } = journal;
    const digests = { hub: '-', scopes: [], files: '-' };
    const state = { path: file, key, lines, rehearsed: true, keepsKey: false, digests };
    const post = await sandbox.post({ ...main, state: { journal: stateText(state) } });
    expect(warningsOf(post)).toHaveLength(1);
    const log = post.log.join('\n');
    for (const name of names) {
      expect(log).toContain(`agent mqtt1_${name} (certificate ${name.toUpperCase()})`);
    }
    expect(post.log.length).toBeLessThan(10);
    expect(Math.max(...post.log.map(({ length }) => length))).toBeLessThan(4_096);
  });
});

describe.concurrent('with ephemeral, a name that is taken', () => {
  const taken = [
    ['secret', 'secrets', 'INSIGHTS_HUB_AGENT_CERTIFICATE', {}],
    ['variable', 'variables', 'INSIGHTS_HUB_AGENT_CLIENT_ID', { variables: 'true' }],
  ] as const;
  test.for(taken)(
    'is refused before anything is created: %s',
    async ([kind, place, name, inputs], { start }) => {
      const sandbox = await start();
      const github = await sandbox.startGitHub();
      github.addEnvironment('production');
      const vaults = {
        repository: github.vault,
        environment: github.environments.get('production'),
      };
      for (const [scope, vault] of Object.entries(vaults)) {
        // It may be on any page.
        for (let n = 0; n < 40; n++) vault?.[place].set(`OTHER_${n}`, 'text');
        vault?.[place].set(name, 'theirs');
        const main = await sandbox.main({
          ...ephemeral,
          ...inputs,
          destination: scope,
          ...(scope === 'environment' && { environment: 'production' }),
          'github-token': github.issueToken(),
        });
        expect(codeOf(main)).toBe('destination-invalid');
        expect(errorOf(main)).toMatch(
          new RegExp(`These already exist in ${scope}.*: ${kind} ${name}\\.`),
        );
        expect(sandbox.hub.seen('create')).toEqual([]);
        await sandbox.post(main);
        expect(vault?.[place].get(name)).toBe('theirs');
      }
    },
  );

  test('is overwritten, and stays, without it', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.vault.secrets.set('INSIGHTS_HUB_AGENT_CERTIFICATE', 'theirs');
    const main = await sandbox.main({
      destination: 'repository',
      'github-token': github.issueToken(),
    });
    expect(main.exitCode).toBe(0);
    await sandbox.post(main);
    expect(github.vault.secrets.size).toBe(2);
    expect(github.seen('secrets')).toEqual([]);
  });
});
