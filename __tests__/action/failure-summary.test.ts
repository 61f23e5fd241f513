import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect } from 'vitest';
import { namedBrokerFaults } from '../../sandbox/broker/faults.ts';
import { codeOf, errorOf, onceGuarded, preload, readyPairs, test, warningsOf } from './sandbox.ts';

/** The action as a job of another repository uses it. */
const used = { env: { GITHUB_ACTION_REPOSITORY: 'octo/action', GITHUB_ACTION_REF: 'v1' } };
const PAGE = 'https://github.com/octo/action/blob/v1/docs/troubleshooting.md';

/** A message as the summary shows it: verbatim, as code that may contain code. */
function shown(message: string): string {
  const text = message.replace(/^`/, ' `');
  if (!text.includes('`')) return `\`${text}\``;
  return text === message ? `\`\`${text}\`\`` : `\`\`${text} \`\``;
}

/** Only Linux has a file on a disk that is always full. */
const onLinux = test.runIf(process.platform === 'linux');

/** The message of an annotation. */
const messageIn = (error: string) => error.replace(/^\[[\w-]+\] /, '');

/** The part of a summary that says why a step failed. */
function partFor(what: string, code: string, message: string): string {
  return [
    `### ❌ ${what} failed: [<code>${code}</code>](${PAGE}#${code})`,
    shown(message),
    `[What it means and what to do](${PAGE}#${code})\n`,
  ].join('\n\n');
}

describe.concurrent('the summary of a failure', () => {
  test('of inputs has the message and a link to what it means', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'a b', timeout: '0' }, used);
    const message = messageIn(errorOf(result));
    expect(message).toMatch(/^2 problems with the inputs: \(1\) .*"a b" .*\(2\) `timeout` must be/);
    expect(result.summary.trim()).toBe(partFor('Creating agents', 'input-invalid', message).trim());
    const deleting = await sandbox.delete({ timeout: '0' }, used);
    const why = messageIn(errorOf(deleting));
    expect(deleting.summary.trim()).toBe(partFor('Deleting agents', 'input-invalid', why).trim());
  });

  test('names the page if the URL of the action is unknown', async ({ start }) => {
    const sandbox = await start();
    const none = { 'oauth-client-id': '', 'oauth-client-secret': '' };
    for (const result of [await sandbox.main(none), await sandbox.delete(none)]) {
      expect(codeOf(result)).toBe('credentials-missing');
      expect(result.summary).toContain('agents failed: <code>credentials-missing</code>\n');
      expect(result.summary).toContain(`\n${shown(messageIn(errorOf(result)))}\n`);
      expect(result.summary).toContain(
        "look up the code in <code>docs/troubleshooting.md</code> of the action's repository.\n",
      );
      expect(result.summary).not.toContain('](');
    }
  });

  test.for([
    ['without a file for the state', { GITHUB_STATE: '' }],
    ['without a file for the outputs', { GITHUB_OUTPUT: '' }],
    ['without a temporary directory', { RUNNER_TEMP: '/nowhere' }],
  ] as const)('%s has the message', async ([, env], { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { ...used.env, ...env } });
    const message = messageIn(errorOf(result));
    expect(result.summary).toContain(partFor('Creating agents', 'destination-invalid', message));
    expect(sandbox.hub.requests).toEqual([]);
  });

  test('of an event file that can’t be read has the message', async ({ start }) => {
    const sandbox = await start();
    const github = await sandbox.startGitHub();
    const event = path.join(sandbox.runner.temporary, 'event.json');
    await writeFile(event, 'no JSON');
    const inputs = { destination: 'repository', 'github-token': github.issueToken() };
    const result = await sandbox.main(inputs, { env: { ...used.env, GITHUB_EVENT_PATH: event } });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(result.summary).toContain(`\n${shown(messageIn(errorOf(result)))}\n`);
    expect(result.summary).toContain(
      `[What it means and what to do](${PAGE}#destination-invalid)\n`,
    );
  });

  test.for(['create', 'delete'] as const)(
    'of a bug in the %s action has the message',
    async (action, { start }) => {
      const sandbox = await start();
      const broken = preload(onceGuarded("throw new Error('a secret word')"));
      const options = { env: { ...broken.env, ...used.env } };
      // It stops there: the summary of a step that continues also has its results.
      sandbox.hub.faults.push({ at: 'token', fault: { kind: 'status', status: 400 } });
      const result = await (action === 'delete'
        ? sandbox.delete({}, options)
        : sandbox.main({}, options));
      expect(codeOf(result)).toBe('internal');
      const doing = action === 'delete' ? 'Deleting agents' : 'Creating agents';
      const message = messageIn(errorOf(result));
      expect(result.summary).toContain(partFor(doing, 'internal', message));
      expect(result.summary).not.toContain('a secret word');
    },
  );

  onLinux('is shown beside the results if it occurs after them', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: { ...used.env, GITHUB_OUTPUT: '/dev/full' } });
    expect(codeOf(result)).toBe('delivery-failed');
    expect(result.summary).toMatch(/^### ✅ Agent <code>device001<\/code> was created\n/);
    const message = messageIn(errorOf(result));
    expect(result.summary).toContain(partFor('The step', 'delivery-failed', message));
  });

  test('is shown once if the results explain it', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    const result = await sandbox.main({}, used);
    expect(codeOf(result)).toBe('agent-exists');
    expect(result.summary.match(/### /g)).toHaveLength(1);
    expect(result.summary).toContain(`\n${shown(messageIn(errorOf(result)))}\n`);
    expect(result.summary).toContain(`[What it means and what to do](${PAGE}#agent-exists)\n`);
  });

  test('shows no secret of the job that is in an invalid input', async ({ start }) => {
    const sandbox = await start();
    // Only the runner knows it, which masks it in the log and in each line of the summary.
    const secret = "s*c[r]_t%41&amp;<&>'|\\`~x";
    for (const given of [
      { tenant: secret },
      { region: `a-${secret}` },
      { repository: `${secret}/` },
    ]) {
      const inputs = { destination: 'repository', 'github-token': 'ghs_token', ...given };
      const result = await sandbox.main(inputs, { ...used, secrets: [secret] });
      expect(codeOf(result)).toBe('input-invalid');
      const seen = result.summary.split('\n').map((line) => sandbox.runner.mask(line));
      expect(seen.join('\n')).toContain('***');
      const text = seen
        .join('\n')
        .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
      expect(text).not.toContain('c[r]_t');
      expect(result.log.join('\n')).not.toContain('c[r]_t');
    }
  });

  test.skipIf(process.platform === 'win32')(
    'is omitted if it would go to a pipe',
    async ({ start }) => {
      const sandbox = await start();
      const pipe = path.join(sandbox.runner.temporary, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const env = { ...used.env, GITHUB_STEP_SUMMARY: pipe };
      const failed = await sandbox.main({ timeout: '0' }, { env, timeout: 15_000 });
      expect(failed).toMatchObject({ exitCode: 1 });
      expect(codeOf(failed)).toBe('input-invalid');
      const created = await sandbox.main({}, { env, timeout: 15_000 });
      expect(created.exitCode).toBe(0);
      for (const result of [failed, created]) {
        expect(warningsOf(result)).toEqual([
          'The job summary could not be written (it is a pipe).',
        ]);
      }
    },
  );

  onLinux(
    "that can't be written is one warning, even if the step has two parts to write",
    async ({ start }) => {
      const sandbox = await start();
      const full = { GITHUB_STEP_SUMMARY: '/dev/full', GITHUB_OUTPUT: '/dev/full' };
      const result = await sandbox.main({}, { env: full });
      expect(codeOf(result)).toBe('delivery-failed');
      expect(warningsOf(result)).toEqual(['The job summary could not be written (ENOSPC).']);
    },
  );

  test('is written unless `summary` is false, even if its value is invalid', async ({ start }) => {
    const sandbox = await start();
    const wrong = { timeout: '0' };
    for (const action of ['main', 'delete'] as const) {
      expect((await sandbox[action]({ ...wrong, summary: 'False' })).summary).toBe('');
      expect((await sandbox[action]({ ...wrong, summary: 'no' })).summary).toContain(
        'agents failed: <code>input-invalid</code>',
      );
    }
  });
});

describe.concurrent('the message of a failure refers', () => {
  test('to the delete action, by what a workflow writes', async ({ start }) => {
    const sandbox = await start();
    await sandbox.hub.addAgent('device001');
    expect(errorOf(await sandbox.main({}, used))).toContain(
      'Agent device001 already exists. Choose another name, or delete that agent first with the delete action (octo/action/delete@v1).',
    );
    expect(errorOf(await sandbox.main({ ephemeral: 'true' }, used))).toContain(
      'or delete that agent first with the delete action (octo/action/delete@v1).',
    );
    expect(errorOf(await sandbox.main())).toContain(
      'or delete that agent first with the delete action. (',
    );
  });

  test.for([1, 2])(
    'but never to a connection that the broker has rejected, for %i',
    async (count, { start }) => {
      const sandbox = await start({ pairs: await readyPairs(count) });
      const fault = namedBrokerFaults['connack-5']?.fault ?? { kind: 'silence-before-tls' };
      const { inputs } = await sandbox.startBroker({ faults: [{ fault }] });
      const name = count === 1 ? 'device001' : 'device001\ndevice002';
      const result = await sandbox.main({ ...inputs, name, timeout: '5' });
      expect(codeOf(result)).toBe('connection-failed');
      expect(result.summary).toContain('<code>connection-failed</code>');
      expect(result.summary).not.toMatch(/Connect (as|to) |mosquitto_pub|In MQTTX/);
      expect(result.log.join('\n')).not.toMatch(/How to connect|mosquitto_pub|To connect with/);
    },
  );
});
