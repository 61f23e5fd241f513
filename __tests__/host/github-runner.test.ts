import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { GitHubRunner } from '../../src/host/github-runner.ts';
import { Secret } from '../../src/secret.ts';
import { NO_RUNNER, startJob } from './job.ts';

const START = { GITHUB_WORKSPACE: '', RUNNER_TEMP: '' };

describe('a step reads from its job', () => {
  test('inputs, without white space around them or verbatim', async () => {
    await startJob({ INPUT_NAME: ' a b ' });
    const runner = new GitHubRunner();
    expect(runner.input('name')).toBe('a b');
    expect(runner.rawInput('name')).toBe(' a b ');
    expect(runner.input('none')).toBe('');
  });

  test('its folders and variables', async () => {
    await startJob({ GITHUB_WORKSPACE: '/work', RUNNER_TEMP: '/temp', A: 'b' });
    const runner = new GitHubRunner();
    expect([runner.workspace, runner.temporaryDirectory]).toEqual(['/work', '/temp']);
    expect(runner.environment['A']).toBe('b');
  });

  test('the folders to use without a runner', async () => {
    await startJob(START);
    const runner = new GitHubRunner();
    expect([runner.workspace, runner.temporaryDirectory]).toEqual([process.cwd(), tmpdir()]);
  });

  test('the state that it saved', async () => {
    await startJob({ STATE_journal: '/temp/journal' });
    expect(new GitHubRunner().state('journal')).toBe('/temp/journal');
  });
});

const LINES = Array.from({ length: 3_000 }, (_, index) => `line ${index}`);

describe('a step logs', () => {
  const told = async (tell: (runner: GitHubRunner) => void, variables = {}) => {
    const job = await startJob(variables);
    tell(new GitHubRunner());
    return job.lines();
  };

  test.each<[string, (runner: GitHubRunner) => void, readonly string[]]>([
    ['a line', (runner) => runner.info('hello'), ['hello']],
    ['a notice', (runner) => runner.notice('hello'), ['::notice::hello']],
    ['a warning', (runner) => runner.warn('hello'), ['::warning::hello']],
    [
      'a group of lines',
      (runner) => runner.group('title', ['a', 'b']),
      ['::group::title', 'a', 'b', '::endgroup::'],
    ],
    [
      'a group of more lines than are printed at once',
      (runner) => runner.group('title', LINES),
      ['::group::title', ...LINES, '::endgroup::'],
    ],
    [
      'a failure',
      (runner) => runner.fail(new Failure('timeout', 'Too late.')),
      ['::error::[timeout] Too late.'],
    ],
    ['nothing for developers', (runner) => runner.debug('hello'), []],
  ])('%s', async (_, tell, lines) => {
    expect(await told(tell)).toEqual(lines);
  });

  test('what is for developers on request', async () => {
    const lines = await told((runner) => runner.debug('a\nb'), { RUNNER_DEBUG: '1' });
    expect(lines).toEqual(['::debug::a b']);
  });

  test.each<[string, (runner: GitHubRunner, text: string) => void]>([
    ['lines', (runner, text) => runner.info(text)],
    ['titles', (runner, text) => runner.group(text, [])],
    ['lines of groups', (runner, text) => runner.group('', [text])],
    ['notices', (runner, text) => runner.notice(text)],
    ['warnings', (runner, text) => runner.warn(text)],
    ['debug lines', (runner, text) => runner.debug(text)],
    ['failures', (runner, text) => runner.fail(new Failure('timeout', text))],
  ])('%s on one line, without secrets and commands', async (_, tell) => {
    const job = await startJob({ ...NO_RUNNER, RUNNER_DEBUG: '1' });
    const runner = new GitHubRunner();
    runner.secrets.mask([new Secret('sesame')]);
    tell(runner, 'open sesame\r\n\n::add-mask::x ##[error]y ##[debug]');
    const text = 'open *** ::add-mask::x ## [error]y ## [debug]';
    expect(job.lines().filter((line) => line.includes('open'))).toEqual([
      expect.stringMatching(/^(::[a-z]+::(\[timeout\] )?)?open /),
    ]);
    expect(job.lines().join()).toContain(text);
    expect(job.lines().join()).not.toContain('sesame');
  });

  test('invisible characters as escapes, in lines of every kind', async () => {
    const job = await startJob({ RUNNER_DEBUG: '1' });
    const runner = new GitHubRunner();
    const name = 'a\u202eb\u200bc\u{e0041}';
    runner.info(name);
    runner.group(name, [name]);
    runner.notice(name);
    runner.warn(name);
    runner.debug(name);
    runner.fail(new Failure('timeout', name));
    const shown = job.lines().filter((line) => line !== '::endgroup::');
    expect(shown).toHaveLength(7);
    for (const line of shown) expect(line).toMatch(/a\\u202eb\\u200bc\\udb40\\udc41$/);
  });

  test('what the server said about a failure, redacted', async () => {
    const job = await startJob(NO_RUNNER);
    const runner = new GitHubRunner();
    runner.secrets.mask([new Secret('sesame')]);
    const call = {
      method: 'GET',
      url: new URL('https://hub.invalid/a'),
      status: 400,
      said: { message: 'no sesame' },
    };
    runner.fail(new Failure('request-rejected', 'No.', { call }));
    expect(job.lines()).toEqual([
      '::error::[request-rejected] No. (HTTP 400, GET https://hub.invalid/a, the server says "no ***")',
    ]);
  });

  test('where a bug occurred, but not its message', async () => {
    const cause = new Error('sesame');
    cause.stack =
      'Error: sesame    at once\n    at read (file.ts:1:2)\n  at no frame\n    at main (file.ts:3:4)';
    const tell = (failure: Failure) =>
      told((runner) => runner.fail(failure), { RUNNER_DEBUG: '1' });
    expect(await tell(new Failure('internal', 'A bug.', { cause }))).toEqual([
      '::debug::at read (file.ts:1:2)',
      '::debug::at main (file.ts:3:4)',
      '::error::[internal] A bug.',
    ]);
    const noBug = new Failure('timeout', 'Too late.', { cause });
    expect(await tell(noBug)).toEqual(['::error::[timeout] Too late.']);
    const odd = new Failure('internal', 'A bug.', { cause: 'sesame' });
    expect(await tell(odd)).toEqual(['::error::[internal] A bug.']);
  });

  test('no place for a bug without a stack', async () => {
    const cause = new Error('sesame');
    delete cause.stack;
    const bug = new Failure('internal', 'A bug.', { cause });
    const lines = await told((runner) => runner.fail(bug), { RUNNER_DEBUG: '1' });
    expect(lines).toEqual(['::error::[internal] A bug.']);
  });
});

describe('masks', () => {
  test('are commands, one per line, with their escapes', async () => {
    const job = await startJob();
    new GitHubRunner().secrets.mask([new Secret('100%'), new Secret('a\r\nb')]);
    expect(job.lines()).toEqual(['::add-mask::100%25', '::add-mask::a%0D%0Ab']);
  });

  const SESAME = [new Secret('open'), new Secret('sesame%')];
  const linesOf = async (variables: Readonly<Record<string, string>>) => {
    const job = await startJob({ ...NO_RUNNER, ...variables });
    new GitHubRunner().secrets.mask(SESAME);
    return job.lines();
  };
  const EACH = ['::add-mask::open', '::add-mask::sesame%25'];

  test.each(['', 'false', 'TRUE'])(
    'are not printed without a runner, when GITHUB_ACTIONS is %j',
    async (value) => {
      expect(await linesOf({ GITHUB_ACTIONS: value })).toEqual([]);
    },
  );

  test.each(['GITHUB_OUTPUT', 'GITHUB_STATE', 'RUNNER_TEMP'])(
    'are printed if %s is set, although GITHUB_ACTIONS is not',
    async (variable) => {
      expect(await linesOf({ [variable]: '/runner' })).toEqual(EACH);
    },
  );

  test.each(['github-hosted', 'self-hosted'])(
    "of one call are lines of one command on GitHub's own runner, %s",
    async (environment) => {
      const variables = { GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: environment };
      expect(await linesOf(variables)).toEqual(['::add-mask::open%0Asesame%25']);
    },
  );

  test.each(['ACT', 'GITEA_ACTIONS', 'FORGEJO_ACTIONS'])(
    'are separate commands if %s is set',
    async (variable) => {
      const variables = { GITHUB_ACTIONS: 'true', RUNNER_ENVIRONMENT: 'self-hosted' };
      expect(await linesOf({ ...variables, [variable]: 'true' })).toEqual(EACH);
    },
  );

  test('cause no command if there are none', async () => {
    const job = await startJob({ RUNNER_ENVIRONMENT: 'github-hosted' });
    new GitHubRunner().secrets.mask([]);
    expect(job.lines()).toEqual([]);
  });
});

describe('without a file of the runner', () => {
  const code = (text: string) => expect.objectContaining({ code: text });

  test('nothing is set, and nothing is printed instead', async () => {
    const job = await startJob({ GITHUB_OUTPUT: '', GITHUB_STATE: '' });
    const runner = new GitHubRunner();
    const noOutput = code('GITHUB_OUTPUT is not set');
    expect(() => runner.checkOutputs()).toThrow(noOutput);
    expect(() => runner.setOutput('agentId', 'a1')).toThrow(noOutput);
    expect(() => runner.saveState('journal', '/temp')).toThrow(code('GITHUB_STATE is not set'));
    expect(job.lines()).toEqual([]);
  });

  test('the reason is logged', async () => {
    const { folder } = await startJob();
    vi.stubEnv('GITHUB_STATE', path.join(folder, 'none'));
    const runner = new GitHubRunner();
    expect(() => runner.checkOutputs()).not.toThrow();
    expect(() => runner.saveState('journal', '/temp')).toThrow(code('ENOENT'));
  });
});

test('outputs and state are written to the files of the runner', async () => {
  const job = await startJob();
  const runner = new GitHubRunner();
  runner.setOutput('agentId', 'a1');
  runner.saveState('journal', '/temp/journal');
  expect(await job.read('GITHUB_OUTPUT')).toMatch(/^agentId<<(.*)\r?\na1\r?\n\1\r?\n$/);
  expect(await job.read('GITHUB_STATE')).toMatch(/^journal<<(.*)\r?\n\/temp\/journal\r?\n\1\r?\n$/);
});

test('the summary is written without secrets, and its failure never fails the step', async () => {
  // The toolkit reads the variable only once.
  const file = path.join(tmpdir(), `summary-${process.pid}-${Date.now()}.md`);
  const job = await startJob({ ...NO_RUNNER, GITHUB_STEP_SUMMARY: file });
  const runner = new GitHubRunner();
  runner.secrets.mask([new Secret('sesame')]);
  await runner.summarise('# Nothing to write to');
  expect(job.lines()).toEqual([]);

  await writeFile(file, 'before\n');
  await runner.summarise('open sesame');
  await runner.summarise('end');
  expect(await readFile(file, 'utf8')).toMatch(/^before\nopen \*\*\*\r?\nend\r?\n$/);

  await rm(file);
  await mkdir(file);
  await runner.summarise('# A folder');
  await rm(file, { recursive: true });
  expect(job.lines()).toEqual(['::warning::The job summary could not be written (EISDIR).']);
});
