import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { namedFaults } from '../../sandbox/faults.ts';
import { CertificateAuthority } from '../../sandbox/insights-hub/authority.ts';
import { leaksIn } from '../leaks.ts';
import {
  codeOf,
  errorOf,
  journalOf,
  maskCommandsOf,
  masksOf,
  preload,
  type Sandbox,
  test,
  UNLIMITED,
  warningsOf,
} from './sandbox.ts';

/** What a run prints, in order: the first word of each line, repetitions once. */
function transcriptOf(stdout: string): readonly string[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => /^(::[\w-]+)|^(#\w+)|^\w+/.exec(line)?.[0] ?? line)
    .filter((word, index, words) => word !== words[index - 1]);
}

const pkcs8Of = (pem: string) =>
  createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString();
const linesOf = (pem: string) => pem.trimEnd().split('\n').slice(1, -1);

/** Every string of a key as issued (PKCS#1) that must be masked, spelled out. */
function masksOfKey(pem: string): readonly string[] {
  const trimmed = pem.trimEnd();
  const other = pkcs8Of(pem);
  const files = [pem, trimmed].map((text) => Buffer.from(text).toString('base64'));
  const wrapped = [linesOf(pem).join(''), ...files].flatMap((text) => text.match(/.{1,76}/g) ?? []);
  const all = [
    ...[pem, other].flatMap(linesOf),
    ...wrapped,
    ...files,
    trimmed.replaceAll('\n', '\\n'),
    Buffer.from(other).toString('base64'),
  ];
  return [...new Set(all.filter(({ length }) => length >= 16))].sort();
}

/** Variables of a step that is started by hand, and not by a runner. */
function noRunner({ runner }: Sandbox): Readonly<Record<string, string>> {
  const names = ['GITHUB_ACTIONS', 'GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'];
  return { ...Object.fromEntries(names.map((name) => [name, ''])), TMPDIR: runner.temporary };
}

describe.concurrent('masks', () => {
  test('are printed in order, each before the value can appear anywhere', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main(
      {},
      {
        debug: true,
        ...preload(`import fs from 'node:fs';
          import { syncBuiltinESMExports } from 'node:module';
          const { appendFileSync } = fs;
          fs.appendFileSync = (file, ...args) => {
            // What else is appended to is the journal of the post step.
            const what = /(state|output)$/.exec(String(file));
            if (what !== null) console.log('#' + what[1]);
            return appendFileSync(file, ...args);
          };
          const { openSync } = fs;
          fs.openSync = (file, ...args) => {
            if (String(file).includes('.insights-hub')) console.log('#file');
            return openSync(file, ...args);
          };
          syncBuiltinESMExports();`),
      },
    );
    expect(result.exitCode).toBe(0);
    // Preparing the directory runs in parallel with the token request, in no certain order.
    const created = result.stdout.lastIndexOf('::debug');
    const before = result.stdout.slice(0, created).replaceAll('#file\n', '');
    expect(transcriptOf(before + result.stdout.slice(created))).toEqual([
      '::debug', // the versions
      '::add-mask', // what was given
      '#state', // where the journal is
      '::debug', // the token request
      '::add-mask', // the token
      '#state', // that all is ready
      '::debug', // the create request
      '::add-mask', // the private key
      '#output', // the ids
      '#file', // key and certificate
      '#output', // their paths
      'Created',
      '#output', // agents
      '#state', // how many notes there are
      '::group', // the details
      'Agent',
      '::endgroup',
      '::group', // how to connect
      'To',
      '::endgroup',
    ]);
  });

  test("are lines of one command per key on GitHub's own runner", async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({ name: 'a\nb', ...UNLIMITED });
    const keys = ['a', 'b'].map((name) => sandbox.hub.agents.get(`mqtt1_${name}`)?.pair.privateKey);
    const commands = maskCommandsOf(result).map((message) => message.split('\n').sort());
    // Client secret and Basic value, the key of the notes, the token, and each private key.
    expect(commands).toHaveLength(6);
    for (const key of keys) expect(commands).toContainEqual(masksOfKey(key ?? ''));
  });

  test.for([
    { RUNNER_ENVIRONMENT: '' },
    ...['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'].map((name) => ({ [name]: 'true' })),
  ])('are one command each on other runners: %o', async (env, { start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env });
    expect(result.exitCode).toBe(0);
    expect(maskCommandsOf(result)).toEqual(masksOf(result));
    expect(masksOf(result).length).toBeGreaterThan(50);
  });

  test.for([{ RUNNER_ENVIRONMENT: 'self-hosted' }, { RUNNER_ENVIRONMENT: '' }])(
    'are exactly what was given, the key of the notes, the token and the forms of the key, with %o',
    async (env, { start }) => {
      const sandbox = await start();
      const { technicalUser, tokens, agents } = sandbox.hub;
      const result = await sandbox.main({}, { env });
      const basic = Buffer.from(`${technicalUser.id}:${technicalUser.secret}`).toString('base64');
      const pem = agents.get('mqtt1_device001')?.pair.privateKey ?? '';
      const { key } = journalOf(result);
      const [first, second, third, fourth, ...rest] = masksOf(result);
      expect([first, second, third, fourth]).toEqual([technicalUser.secret, basic, key, ...tokens]);
      expect([...rest].sort()).toEqual(masksOfKey(pem));
    },
  );

  test('cover a passphrase and the encrypted key, too', async ({ start }) => {
    const sandbox = await start();
    const passphrase = 'correct horse';
    const result = await sandbox.main({ 'key-passphrase': passphrase });
    const pem = await readFile(result.outputs['privateKeyPath'] ?? '', 'utf8');
    expect(createPrivateKey({ key: pem, passphrase }).type).toBe('private');
    const plain = sandbox.hub.agents.get('mqtt1_device001')?.pair.privateKey ?? '';
    const lines = [pem, plain, pkcs8Of(plain)].flatMap(linesOf);
    expect(masksOf(result)).toEqual(expect.arrayContaining([passphrase, ...lines]));
  });

  test('leave certificate, ids and tenant readable', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main();
    const open = [
      ...Object.values(result.outputs),
      sandbox.hub.tenant,
      await sandbox.read('.insights-hub/mqtt1_device001.pem'),
      '-----BEGIN RSA PRIVATE KEY-----',
      '-----END RSA PRIVATE KEY-----',
    ].join('\n');
    expect(masksOf(result).filter((mask) => open.includes(mask))).toEqual([]);
    expect(result.log.join('\n')).not.toContain('***');
  });

  test.for(['GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'])(
    'are printed if a runner only sets %s',
    async (variable, { start }) => {
      const sandbox = await start();
      const { [variable]: _, ...env } = noRunner(sandbox);
      const result = await sandbox.main({}, { env });
      expect(masksOf(result)).toContain(sandbox.hub.technicalUser.secret);
    },
  );

  test('are not printed if no runner reads them', async ({ start }) => {
    const sandbox = await start();
    const result = await sandbox.main({}, { env: noRunner(sandbox) });
    expect(codeOf(result)).toBe('destination-invalid');
    expect(result.stdout).not.toContain('add-mask');
  });

  test('for a token that was given come before the first request', async ({ start }) => {
    const sandbox = await start();
    const inputs = sandbox.tokenInputs;
    const result = await sandbox.main(inputs, { debug: true });
    expect(transcriptOf(result.stdout).slice(0, 3)).toEqual([
      '::debug', // the versions
      '::add-mask',
      '::debug',
    ]);
    expect(masksOf(result)[0]).toBe(inputs['token']);
  });
});

const ENDPOINTS = ['token', 'create'] as const;

// Every run is searched for leaks, in every place and form.
describe.concurrent('no secret leaks with debug logging when', () => {
  const faults = ENDPOINTS.flatMap((at) =>
    Object.entries(namedFaults)
      .filter(([name]) => name !== 'silence')
      .map(([name, { fault }]) => ({ at, name, fault })),
  );
  test.for(faults)('the $at request meets $name', async ({ at, fault }, { start }) => {
    const sandbox = await start();
    sandbox.hub.faults.push({ at, fault, times: 1 });
    const result = await sandbox.main({ 'key-passphrase': 'correct horse' }, { debug: true });
    await sandbox.post(result);
    expect(result.commands.map(({ name }) => name)).not.toContain('stop-commands');
  });

  test.for(ENDPOINTS)(
    'a server repeats the request of the %s, as commands too',
    async (at, { start }) => {
      const sandbox = await start();
      sandbox.hub.faults.push({ at, fault: { kind: 'echo', status: 400 } });
      const result = await sandbox.main({}, { debug: true });
      expect(codeOf(result)).toBe(at === 'token' ? 'token-rejected' : 'request-rejected');
      expect(errorOf(result)).toContain('***');
      expect(errorOf(result).length).toBeLessThan(1200);
      expect(errorOf(result)).not.toMatch(/##\[|\p{Cc}/u);
      expect(masksOf(result)).not.toContain('the');
      expect(result.commands.filter(({ name }) => name === 'warning')).toEqual([]);
    },
  );

  test.for([64, 40, 20])(
    'an error contains a private key in lines of %i',
    async (width, { start }) => {
      const sandbox = await start();
      const { privateKey } = await (await CertificateAuthority.create()).issue();
      const [head = '', ...lines] = privateKey.trimEnd().split('\n');
      const body =
        lines
          .slice(0, -1)
          .join('')
          .match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
      const message = [head, ...body, lines.at(-1)].join('\n');
      const fault = { kind: 'body', status: 500, body: JSON.stringify({ message }) } as const;
      sandbox.hub.faults.push({ at: 'create', fault });
      const result = await sandbox.main({}, { debug: true });
      expect(codeOf(result)).toBe('outcome-unknown');
      expect(leaksIn(result.stdout, { values: [], keys: [privateKey] })).toEqual([]);
    },
  );

  // Parts of each that a server may send, all of which would be hidden.
  const parts: Readonly<Record<string, (secret: string) => string>> = {
    'all but the last character': (secret) => secret.slice(0, -1),
    'all but the first character': (secret) => secret.slice(1),
    'the first half': (secret) => secret.slice(0, secret.length / 2),
    'the second half': (secret) => secret.slice(secret.length / 2),
  };
  const echoed = Object.keys(parts).flatMap((part) =>
    ['gZ7-pQ2_xW', 'gZ7-pQ2_xW9c', 'gZ7-pQ2_xW9cR4tYv1kM'].map((secret) => ({ part, secret })),
  );
  test.for(echoed)('a server says $part of $secret', async ({ part, secret }, { start }) => {
    const sandbox = await start();
    sandbox.hub.technicalUser.secret = secret;
    const basic = Buffer.from(`${sandbox.hub.technicalUser.id}:${secret}`).toString('base64');
    const cut = parts[part] ?? String;
    // Shorter pieces may be words.
    const said = [secret, basic].map(cut).filter(({ length }) => length >= 8);
    const [first = 'none', second = 'none'] = said;
    const body = JSON.stringify({ errors: [{ code: first, message: `not ${second}, ${first}` }] });
    sandbox.hub.faults.push({ at: 'create', fault: { kind: 'body', status: 400, body } });
    const result = await sandbox.main({}, { debug: true });
    expect(codeOf(result)).toBe('request-rejected');
    expect(errorOf(result)).toContain('the server says "not ');
    const printed = result.stdout.replaceAll(/^::add-mask::.*$/gm, '');
    const all = [printed, result.summary, JSON.stringify(result.outputs)].join();
    expect(said.filter((piece) => all.includes(piece))).toEqual([]);
  });

  test('an id contains characters that change the direction of text, or are invisible', async ({
    start,
  }) => {
    const sandbox = await start();
    const clientId = 'mqtt1_a\u202eb\u200bc';
    const agentId = 'x\u2066y\u00adz';
    const result = await mainWithIds(sandbox, () => ({ clientId, agentId }));
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({ clientId, agentId });
    expect(warningsOf(result)).toEqual([]);
    // With debug logging the runner itself shows the outputs.
    const seen = result.stdout + result.summary;
    expect(seen).not.toMatch(/\p{Cf}/u);
    expect(result.stdout).toContain('client id mqtt1_a\\u202eb\\u200bc');
    expect(result.summary).toContain('mqtt1&#95;a&#92;u202eb&#92;u200bc');
  });

  test('an answer hides secrets in its ids', async ({ start }) => {
    const sandbox = await start();
    const result = await mainWithIds(sandbox, (privateKey) => {
      const [token = ''] = sandbox.hub.tokens;
      return {
        agentId: token,
        agentName: Buffer.from(token).toString('base64'),
        id: privateKey.split('\n')[5],
        clientId: `mqtt1_${sandbox.hub.technicalUser.secret}\n::error::x`,
      };
    });
    expect(result.exitCode).toBe(0);
    expect(result.outputs).toMatchObject({
      agentId: '***',
      agentName: '***',
      certificateId: '***',
    });
    expect(result.outputs['clientId']).toBe('mqtt1_*** ::error::x');
    expect(warningsOf(result)).toEqual([
      expect.stringMatching(
        /^Values of agent device001 were altered: clientId, agentId, agentName, id\. /,
      ),
    ]);
    expect(result.outputs['privateKeyPath']).toMatch(/mqtt1_____+error__x\.key$/);
  });

  test('an answer contains more than one private key', async ({ start }) => {
    const sandbox = await start();
    const result = await mainWithIds(sandbox, (privateKey) => ({
      credentials: { privateKey },
      agentId: privateKey.split('\n')[7],
    }));
    expect(result.exitCode).toBe(0);
    expect(result.outputs['agentId']).toBe('***');
  });
});

describe.runIf(process.platform !== 'win32').concurrent('SIGUSR1 opens no debugger', () => {
  /** Sends the signal to the step that is running when the hub gets a request. */
  function signalOnRequest({ hub }: Sandbox) {
    const sent = { count: 0 };
    let send: (signal: NodeJS.Signals) => void = () => {};
    hub.onRequest = () => {
      send('SIGUSR1');
      sent.count += 1;
    };
    const onStart = (start: typeof send) => {
      send = start;
    };
    return { sent, onStart };
  }

  test.for(['main', 'delete'] as const)('in the step of %s', async (step, { start }) => {
    const sandbox = await start();
    const { sent, onStart } = signalOnRequest(sandbox);
    const result = await sandbox[step]({}, { onStart });
    expect(result.exitCode).toBe(0);
    expect(result.stderr).toBe('');
    expect(sent.count).toBeGreaterThan(1);
  });

  test('in the post step', async ({ start }) => {
    const sandbox = await start();
    const main = await sandbox.main({ ephemeral: 'true' });
    const { sent, onStart } = signalOnRequest(sandbox);
    const post = await sandbox.post(main, {}, { onStart });
    expect(post.stderr).toBe('');
    expect(sent.count).toBeGreaterThan(1);
  });
});

function mainWithIds(sandbox: Sandbox, more: (privateKey: string) => object) {
  sandbox.hub.faults.push({
    at: 'create',
    fault: {
      kind: 'change',
      change: (answer) => ({ ...answer, ...more(String(answer['privateKey'])) }),
    },
  });
  return sandbox.main({}, { debug: true });
}
