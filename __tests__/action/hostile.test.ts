import { appendFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { codeOf, errorOf, journalOf, preload, test, warningsOf } from './sandbox.ts';

/** Code that prints at the end how much memory the process held at most, in MiB. */
const TELLING_PEAK = `process.on('exit', () => {
  console.log('peak ' + Math.round(process.resourceUsage().maxRSS / 1024));
});`;

describe.concurrent('a hostile server', () => {
  test('can’t keep the step busy with an endless key', async ({ start }) => {
    const sandbox = await start();
    // Each piece of the client id is found in the key so often that comparing them takes forever.
    const answer = {
      privateKey: `-----BEGIN PRIVATE KEY-----\n${'Aa'.repeat(400_000)}\n-----END PRIVATE KEY-----\n`,
      publicKey: 'none',
      clientId: 'Aa'.repeat(60_000),
    };
    sandbox.hub.faults.push({
      at: 'create',
      fault: { kind: 'body', status: 200, body: JSON.stringify(answer) },
    });
    const result = await sandbox.main();
    expect(codeOf(result)).toBe('response-invalid');
    expect(errorOf(result)).toContain('its private key is too long');
  });

  test('can’t use up the memory of the step with a small answer in a large frame', async ({
    start,
  }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'padding' } });
    const result = await sandbox.main({}, preload(TELLING_PEAK));
    expect(codeOf(result)).toBe('response-invalid');
    expect(errorOf(result)).toContain('larger than 2 MiB with its framing');
    const [, mebibytes] = /^peak (\d+)$/m.exec(result.stdout) ?? [];
    expect(Number(mebibytes)).toBeLessThan(300);
  });
});

describe.concurrent('a later step of the job', () => {
  test('can’t have agents or secrets deleted if nothing is ephemeral', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    github.vault.secrets.set('THEIRS', 'text');
    const main = await sandbox.main({
      destination: 'repository',
      'github-token': github.issueToken(),
    });
    const place = 'repository octo/device';
    const planted = [
      { kind: 'agent', name: 'device001', clientId: 'mqtt1_device001', state: 'made' },
      { kind: 'setting', setting: { kind: 'secret', name: 'THEIRS', place }, state: 'writing' },
    ];
    const lines = planted.map((entry) => `\n${JSON.stringify(entry)}\n`);
    await appendFile(journalOf(main).path, lines.join(''));

    const requests = sandbox.hub.requests.length;
    const post = await sandbox.post(main);
    expect(post.exitCode).toBe(0);
    expect(warningsOf(post)).toEqual([
      expect.stringMatching(/not from this step were ignored \(2\)/),
    ]);
    expect(sandbox.hub.requests).toHaveLength(requests);
    expect(sandbox.hub.agents.has('mqtt1_device001')).toBe(true);
    expect(github.vault.secrets.has('THEIRS')).toBe(true);
  });
});

describe.concurrent('an agent’s name', () => {
  test('that contains the token for GitHub is refused', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const token = github.issueToken();
    const inputs = { name: `device-${token}`, 'github-token': token };
    const main = await sandbox.main(inputs);
    expect(codeOf(main)).toBe('input-invalid');
    expect(errorOf(main)).toContain('contains a secret of this step');
    const ended = await sandbox.delete(inputs);
    expect(errorOf(ended)).toContain('contains a secret of this step');
    expect(sandbox.hub.requests).toEqual([]);
  });
});
