// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are GitHub's expressions
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitHub } from '../../sandbox/github/github.ts';
import type { PlayedJob } from './job.ts';
import { type Play, playWorkflow, rerunFailedJobs } from './play.ts';

/** Two minimal actions; the first one has a post entry. */
const ACTION = `
inputs:
  name: {}
  api-url: { default: nowhere }
runs: { using: node24, main: main.cjs, post: post.cjs }`;
const DELETE_ACTION = `
inputs:
  name: {}
runs: { using: node24, main: ../main.cjs }`;
const MAIN = `
const { appendFileSync } = require('node:fs');
const { INPUT_NAME, GITHUB_OUTPUT, GITHUB_STATE } = process.env;
console.log('::add-mask::key-of-' + INPUT_NAME);
console.log('made key-of-' + INPUT_NAME);
appendFileSync(GITHUB_OUTPUT, 'name=' + INPUT_NAME + '\\nkey=key-of-' + INPUT_NAME + '\\n');
appendFileSync(GITHUB_OUTPUT, 'url=' + process.env['INPUT_API-URL'] + '\\n');
appendFileSync(GITHUB_STATE, 'name=' + INPUT_NAME + '\\n');
if (INPUT_NAME === 'bad') process.exitCode = 1;`;
const POST = `console.log('cleaned up ' + process.env.STATE_name)`;

let actions = '';
let github: GitHub;
beforeAll(async () => {
  actions = await mkdtemp(path.join(tmpdir(), 'actions-'));
  github = await GitHub.start();
  await mkdir(path.join(actions, 'delete'));
  const files = {
    'action.yml': ACTION,
    'delete/action.yml': DELETE_ACTION,
    'main.cjs': MAIN,
    'post.cjs': POST,
  };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(path.join(actions, name), text);
  }
});
afterAll(async () => {
  await github.stop();
  await rm(actions, { recursive: true, force: true });
});

/** Plays jobs of a workflow that is started by hand. */
async function play(jobs: string, more: Partial<Play> = {}) {
  const workflow = `name: Test\non: workflow_dispatch\njobs:\n${jobs}`;
  const event = { name: 'workflow_dispatch', payload: {} };
  return (await playWorkflow({ workflow, event, github, actions, ...more })).jobs;
}

/** Plays the steps of one job. */
async function playSteps(steps: string, more: Partial<Play> = {}): Promise<PlayedJob> {
  const { only } = await play(`  only:\n    runs-on: ubuntu-latest\n    steps:\n${steps}`, more);
  if (only === undefined) throw new Error('the job is missing');
  return only;
}

const outcomesOf = ({ steps }: PlayedJob) => steps.map(({ outcome }) => outcome);
const logOf = ({ steps }: PlayedJob) => steps.flatMap(({ log }) => log);

describe('conditions of steps', () => {
  test('skip steps after a failure, unless they say otherwise', async () => {
    const job = await playSteps(`
      - run: 'true'
      - { id: broken, run: exit 3 }
      - run: 'true'
      - { if: always(), run: 'true' }
      - { if: "\${{ failure() && steps.broken.outcome == 'failure' }}", run: 'true' }
      - { if: cancelled(), run: 'true' }
      - { if: vars.NAME == 'device', run: 'true' }
      - { if: always() && job.status == 'success', run: 'true' }
`);
    expect(job.result).toBe('failure');
    expect(outcomesOf(job)).toEqual([
      ...['success', 'failure', 'skipped', 'success', 'success', 'skipped', 'skipped', 'skipped'],
    ]);
  });

  test('read contexts, ignoring case, and a missing value as empty', async () => {
    const steps = `
      - { if: vars.NAME == 'DEVICE', run: 'true' }
      - { if: "vars.OTHER != ''", run: 'true' }
      - { if: "github.event.pull_request.head.repo.full_name == github.repository", run: 'true' }
      - { if: "contains('always()', github.run_number)", run: 'true' }
      - { if: false, run: 'true' }
      - { if: failure(), run: 'true' }
`;
    const job = await playSteps(steps, { vars: { NAME: 'device' } });
    expect(outcomesOf(job)).toEqual([
      ...['success', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped'],
    ]);
    expect(job.result).toBe('success');
  });

  test.each([
    ['secrets, which conditions can’t read', "if: secrets.KEY == 'x'"],
    ['a function that does not exist', 'if: succeeded()'],
    ['a text that is always true', 'if: "${{ true }} && ${{ false }}"'],
  ])('are not run with %s', async (_, condition) => {
    await expect(playSteps(`      - run: 'true'\n        ${condition}\n`)).rejects.toThrow();
  });
});

describe('scripts', () => {
  test('get variables of workflow, job and step, and those that steps export', async () => {
    const workflow = `
name: Test
on: push
env: { A: workflow, B: workflow, C: workflow }
jobs:
  only:
    runs-on: ubuntu-latest
    env: { B: 'job \${{ env.A }}', C: job }
    steps:
      - env: { C: 'step \${{ vars.X }}' }
        run: echo "$A, $B, $C, \${{ env.C }}"
      - run: |
          echo 'A=exported' >> "$GITHUB_ENV"
          echo "$A"
      - run: echo "$A" "$PWD" "$RUNNER_TEMP"; touch "$GITHUB_WORKSPACE/left"
`;
    const event = { name: 'push', payload: {} };
    const { jobs } = await playWorkflow({ workflow, event, github, actions, vars: { X: 'ex' } });
    const [first, second, third = ''] = jobs['only'] ? logOf(jobs['only']) : [];
    expect([first, second]).toEqual(['workflow, job workflow, step ex, step ex', 'workflow']);
    expect(jobs['only']?.files).toEqual(['left']);
    expect(third).toMatch(/^exported \/.*work \/.*temp$/);
    expect(jobs['only']?.result).toBe('success');
  });

  test('don’t see this process’s environment', async () => {
    process.env['SANDBOX_PROBE'] = 'seen';
    const job = await playSteps('      - run: echo "${SANDBOX_PROBE-unset} $CI"\n');
    delete process.env['SANDBOX_PROBE'];
    expect(logOf(job)).toEqual(['unset true']);
  });

  test('end at the first command that fails, and with an explicit shell also in a pipe', async () => {
    const job = await playSteps(`
      - run: false | true
      - if: always()
        run: |
          false
          echo never
      - { if: always(), shell: bash, run: false | true }
`);
    expect(outcomesOf(job)).toEqual(['success', 'failure', 'failure']);
    expect(logOf(job)).toEqual([]);
  });

  test('have outputs, and secrets masked in the log', async () => {
    const steps = `
      - id: first
        env: { KEY: '\${{ secrets.KEY }}' }
        run: |
          echo "name=device" >> "$GITHUB_OUTPUT"
          echo "the key is $KEY"
          echo "::add-mask::hidden"
          echo "hidden too" >&2
          echo hidden
      - run: echo "\${{ steps.first.outputs.name }} \${{ steps.first.outputs.other }}."
`;
    const job = await playSteps(steps, { secrets: { KEY: 'sesame' } });
    // The runner reads standard error first, before it knows the mask.
    expect(logOf(job)).toEqual(['hidden too', 'the key is ***', '***', 'device .']);
    expect(job.steps[0]?.outputs).toEqual({ name: 'device' });
  });
});

describe('actions', () => {
  test('run with inputs, and their post steps at the end, the last one first', async () => {
    const steps = `
      - uses: actions/checkout@v6
      - { uses: OWNER/REPO@v1, with: { name: one } }
      - { id: two, name: 'Second \${{ github.run_number }}', uses: OWNER/REPO@v1, with: { name: two } }
      - { uses: OWNER/REPO/delete@v1, with: { name: bad } }
      - { if: always(), run: 'echo \${{ steps.two.outputs.url }} key-of-two key-of-bad' }
`;
    const job = await playSteps(steps);
    expect(job.steps.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['actions/checkout@v6', 'success'],
      ['OWNER/REPO@v1', 'success'],
      ['Second 1', 'success'],
      ['OWNER/REPO/delete@v1', 'failure'],
      ['echo nowhere key-of-two key-of-bad', 'success'],
      ['Post Second 1', 'success'],
      ['Post OWNER/REPO@v1', 'success'],
    ]);
    expect(job.result).toBe('failure');
    expect(logOf(job)).toEqual([
      ...['made ***', 'made ***', 'made ***'],
      ...['nowhere *** ***', 'cleaned up two', 'cleaned up one'],
    ]);
  });

  test('get the inputs that lead them to the sandbox, unless the workflow sets them', async () => {
    const steps = `
      - { id: one, uses: OWNER/REPO@v1, with: { name: one } }
      - { id: two, uses: OWNER/REPO@v1, with: { name: two, api-url: given } }
`;
    const job = await playSteps(steps, { inputs: { 'api-url': 'sandbox' } });
    const urls = job.steps.flatMap(({ outputs }) => outputs['url'] ?? []);
    expect(urls).toEqual(['sandbox', 'given']);
  });

  test('get an App’s token with the requested permissions', async () => {
    const step = (permission: string) => `
      - id: app
        uses: actions/create-github-app-token@v3
        with: { client-id: app, private-key: key${permission} }
      - run: echo "token=\${{ steps.app.outputs.token }}"
`;
    expect(logOf(await playSteps(step('')))).toEqual(['token=***']);
    const job = await playSteps(step(', permission-secrets: write'));
    const token = job.steps[0]?.outputs['token'] ?? '';
    const statusOf = async (subject: string) => {
      const url = `${github.apiUrl}/repos/${github.repository}/actions/${subject}`;
      const headers = {
        authorization: `Bearer ${token}`,
        'user-agent': 'test',
        'x-github-api-version': '2022-11-28',
      };
      return (await fetch(url, { headers })).status;
    };
    expect(await statusOf('secrets/public-key')).toBe(200);
    expect(await statusOf('variables')).toBe(403);
    await expect(playSteps(step(', permission-variables: write'))).rejects.toThrow(/no input/);
  });

  test.each(['OWNER/REPO@v2', 'OWNER/OTHER@v1', 'actions/cache@v4', 'actions/checkout@main'])(
    'are not run when they are others, such as %s',
    async (uses) => {
      await expect(playSteps(`      - uses: ${uses}\n`)).rejects.toThrow(/not played/);
    },
  );
});

describe('jobs', () => {
  const job = (id: string, more: string, run = "'true'") =>
    `  ${id}:\n    runs-on: ubuntu-latest\n${more.replace(/^(?=.)/gm, '    ')}    steps:\n      - { id: step, run: ${run} }\n`;
  const resultsOf = (jobs: Readonly<Record<string, PlayedJob>>) =>
    Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));

  test('wait for the jobs that they need, and are skipped when those failed', async () => {
    const jobs = await play(
      job('last', 'needs: [skipped, good]\n') +
        job('skipped', 'needs: bad\n') +
        job('rescue', 'needs: skipped\nif: failure()\n') +
        job('always', 'needs: [bad]\nif: "${{ always() && needs.bad.result == \'failure\' }}"\n') +
        job('bad', '', 'exit 1') +
        job('good', '') +
        job('after', 'needs: good\n') +
        job('unwanted', "if: github.event_name == 'push'\n"),
    );
    expect(resultsOf(jobs)).toEqual({
      bad: 'failure',
      good: 'success',
      skipped: 'skipped',
      last: 'skipped',
      rescue: 'success',
      always: 'success',
      after: 'success',
      unwanted: 'skipped',
    });
  });

  test('pass outputs to jobs that need them, but none that contains a secret', async () => {
    const outputs =
      "outputs: { name: '${{ steps.step.outputs.name }}', leak: 'x${{ secrets.K }}' }\n";
    const jobs = await play(
      job('first', outputs, 'echo "name=device" >> "$GITHUB_OUTPUT"') +
        job('second', 'needs: first\n', "'echo ${{ needs.first.outputs.name }}'"),
      { secrets: { K: 'sesame' } },
    );
    expect(jobs['first']?.outputs).toEqual({ name: 'device' });
    expect(jobs['second'] && logOf(jobs['second'])).toEqual(['device']);
  });

  test('see the secrets of their environment as they are when the job starts', async () => {
    const vault = github.addEnvironment('production');
    vault.variables.set('PLACE', 'environment');
    github.vault.variables.set('PLACE', 'repository');
    github.vault.variables.set('OTHER', 'repository');
    const run = '\'echo "$PLACE ${{ vars.OTHER }}"\'';
    const show = "env: { PLACE: '${{ vars.PLACE }}' }\n";
    const jobs = await play(
      job('plain', show, run) +
        job('named', `environment: \${{ vars.TARGET }}\n${show}`, run) +
        job('mapped', `environment: { name: production }\n${show}`, run),
      { vars: { OTHER: 'organization', TARGET: 'production' } },
    );
    github.vault.variables.clear();
    expect(Object.values(jobs).map(logOf)).toEqual([
      ['repository repository'],
      ['environment repository'],
      ['environment repository'],
    ]);
  });

  test('are not run with circular needs, or with anything unknown', async () => {
    await expect(play(job('a', 'needs: b\n') + job('b', 'needs: a\n'))).rejects.toThrow(/need/);
    await expect(play(job('a', 'defaults: {}\n'))).rejects.toThrow(/defaults/);
    await expect(play(job('a', 'strategy: { other: 1 }\n'))).rejects.toThrow(/other/);
  });
});

/** A job in YAML, for the workflows below. */
const jobOf = (id: string, more: string, steps: string) =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${more.replace(/^(?=.)/gm, '    ')}    steps:\n${steps}`;

describe('a matrix', () => {
  const SAY = `
      - env: { VALUE: '\${{ matrix.a }}\${{ matrix.b }}' }
        run: 'echo "$VALUE \${{ strategy.job-index }}/\${{ strategy.job-total }} \${{ strategy.fail-fast }}"'
      - { id: end, if: matrix.a != 'bad', run: 'echo "last=\${{ matrix.a }}" >> "$GITHUB_OUTPUT"' }
      - { if: matrix.a == 'bad', run: exit 1 }
`;
  const matrix = (lists: string, more = '') => `strategy:\n  matrix: ${lists}\n${more}`;
  const said = (jobs: Readonly<Record<string, PlayedJob>>) =>
    Object.entries(jobs).map(([id, one]) => [id, one.result, ...logOf(one)]);

  test('makes a job of every combination, which knows its place', async () => {
    const jobs = await play(jobOf('make', matrix('{ a: [x, 2], b: [y, true] }'), SAY));
    expect(said(jobs)).toEqual([
      ['make (x, y)', 'success', 'xy 0/4 true'],
      ['make (x, true)', 'success', 'xtrue 1/4 true'],
      ['make (2, y)', 'success', '2y 2/4 true'],
      ['make (2, true)', 'success', '2true 3/4 true'],
    ]);
    const { only } = await play(jobOf('only', '', SAY));
    expect(only && logOf(only)).toEqual([' 0/1 true']);
  });

  test('is cancelled when one of its jobs fails, unless it says otherwise', async () => {
    const lists = '{ a: [good, bad, late] }';
    const quick = await play(jobOf('make', matrix(lists), SAY));
    expect(Object.values(quick).map(({ result }) => result)).toEqual([
      ...['success', 'failure', 'cancelled'],
    ]);
    const slow = await play(jobOf('make', matrix(lists, '  fail-fast: false\n'), SAY));
    expect(said(slow).map(([, result, text]) => [result, text])).toEqual([
      ['success', 'good 0/3 false'],
      ['failure', 'bad 1/3 false'],
      ['success', 'late 2/3 false'],
    ]);
  });

  test('is one job for those that need it, with the outputs of the last', async () => {
    const outputs = "outputs: { last: '${{ steps.end.outputs.last }}' }\n";
    const needing = (id: string, more: string) =>
      jobOf(
        id,
        `needs: make\n${more}`,
        "\n      - run: 'echo ${{ needs.make.result }} ${{ needs.make.outputs.last }}'\n",
      );
    const later = needing('then', '') + needing('rescue', 'if: failure()\n');
    const good = await play(jobOf('make', matrix('{ a: [x, y] }', outputs), SAY) + later);
    expect(good['then'] && logOf(good['then'])).toEqual(['success y']);
    expect(good['rescue']?.result).toBe('skipped');
    const bad = await play(jobOf('make', matrix('{ a: [bad] }'), SAY) + later);
    expect(bad['then']?.result).toBe('skipped');
    expect(bad['rescue'] && logOf(bad['rescue'])).toEqual(['failure']);
  });

  test.each(['{ a: [x], include: [{ a: y }] }', "'${{ fromJSON(vars.LIST) }}'", '{ a: [] }'])(
    'is not run as %s',
    async (lists) => {
      await expect(play(jobOf('make', matrix(lists), SAY))).rejects.toThrow(/not played/);
    },
  );
});

describe('a workflow that a job calls', () => {
  const called = `
name: Called
on:
  workflow_call:
    inputs: { name: { required: true, type: string }, more: { type: string } }
    secrets: { KEY: { required: true }, OTHER: {} }
    outputs: { said: { value: '\${{ jobs.say.outputs.said }}' } }
jobs:
  say:
    runs-on: ubuntu-latest
    outputs: { said: '\${{ steps.say.outputs.said }}' }
    steps:
      - id: say
        env: { KEY: '\${{ secrets.KEY }}', REST: '\${{ inputs.more }}\${{ secrets.OTHER }}\${{ secrets.HIDDEN }}' }
        run: |
          echo "said=\${{ inputs.name }}" >> "$GITHUB_OUTPUT"
          echo "key $KEY, rest $REST, \${{ vars.PLACE }}"
          test "\${{ inputs.name }}" != bad
`;
  const workflows = { '.github/workflows/called.yml': called };
  const calling = (hands: string, uses = './.github/workflows/called.yml') => `
  call:
    uses: ${uses}
${hands.replace(/^(?=.)/gm, '    ')}
  after:
    needs: call
    runs-on: ubuntu-latest
    steps: [{ run: 'echo after \${{ needs.call.outputs.said }}' }]
`;
  const GIVEN = "with: { name: '${{ vars.NAME }}' }\nsecrets: { KEY: '${{ secrets.KEY }}' }\n";
  const settings = (name: string) => ({
    ...{ workflows, secrets: { KEY: 'sesame', HIDDEN: 'hidden' } },
    vars: { NAME: name, PLACE: 'here' },
  });

  test('gets what is passed, and nothing else, and returns its outputs', async () => {
    const jobs = await play(calling(GIVEN), settings('device'));
    expect(jobs['call'] && logOf(jobs['call'])).toEqual(['key ***, rest , here']);
    expect(jobs['after'] && logOf(jobs['after'])).toEqual(['after device']);
  });

  test('fails the job when one of its own fails', async () => {
    const jobs = await play(calling(GIVEN), settings('bad'));
    expect(jobs['call']?.result).toBe('failure');
    expect(jobs['after']?.result).toBe('skipped');
  });

  test.each([
    ['an input that is unknown', GIVEN.replace('with: { ', "with: { other: '1', "), /not know/],
    ['no input that is required', GIVEN.replace(/with:.*\n/, ''), /requires name/],
    ['a secret that is unknown', GIVEN.replace('secrets: { ', 'secrets: { NO: a, '), /not know/],
    ['no secret that is required', GIVEN.replace(/secrets:.*\n/, ''), /requires KEY/],
    ['all secrets together', GIVEN.replace(/secrets:.*\n/, 'secrets: inherit\n'), /by name/],
  ])('is not run with %s', async (_, hands, message) => {
    await expect(play(calling(hands), settings('device'))).rejects.toThrow(message);
  });

  test('is not run if it does not exist, or can’t be called', async () => {
    await expect(play(calling(GIVEN, './no.yml'), settings('a'))).rejects.toThrow(/no workflow/);
    const text = called.replace(/on:\n.*?(?=jobs:)/s, 'on: push\n');
    const others = { '.github/workflows/called.yml': text };
    await expect(play(calling(GIVEN), { ...settings('a'), workflows: others })).rejects.toThrow(
      /can't be called/,
    );
  });
});

describe('the token of a job', () => {
  const ask = (permissions: string) => `
  only:
    runs-on: ubuntu-latest
    permissions: { ${permissions} }
    steps:
      - env: { TOKEN: '\${{ github.token }}' }
        run: |
          echo "the token is $TOKEN"
          runs="$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/workflows/one.yml"
          for call in "GET $runs/runs" "PUT $runs/enable"; do
            curl --silent --output answer --write-out '%{http_code} ' --request $call \\
              --header "authorization: Bearer $TOKEN" --header 'x-github-api-version: 2022-11-28'
          done
          rm answer
`;

  test.each([
    ['', '403', '403'],
    ['actions: read', '200', '403'],
    ['actions: write', '200', '204'],
  ])('is masked, and has the permissions of the job (%s)', async (permissions, reads, writes) => {
    github.workflows.runs.set('one.yml', []);
    const { only } = await play(ask(permissions));
    expect(only && logOf(only)).toEqual(['the token is ***', `${reads} ${writes} `]);
  });
});

describe('a checkout', () => {
  test('leaves nothing in the workspace but the files of the repository', async () => {
    const steps = `
      - run: touch left
      - uses: actions/checkout@v6
      - run: cat lists/devices.csv
`;
    const job = await playSteps(steps, { files: { 'lists/devices.csv': 'a\nb\n' } });
    expect(logOf(job)).toEqual(['a', 'b']);
    expect(job.files).toEqual(['lists', 'lists/devices.csv']);
  });
});

describe('artifacts', () => {
  const make = (...files: readonly string[]) =>
    `      - run: |\n${files
      .map((file) => `          mkdir -p "$(dirname ${file})"; echo ${file} > ${file}\n`)
      .join('')}`;
  const upload = (inputs: string) =>
    `      - { uses: actions/upload-artifact@v7, with: { ${inputs} } }\n`;
  const download = (inputs: string) =>
    `      - { uses: actions/download-artifact@v8, with: { ${inputs} } }\n`;
  const only = (steps: string) => jobOf('only', '', steps);

  async function run(jobs: string) {
    const workflow = `name: Test\non: push\njobs:\n${jobs}`;
    return playWorkflow({ workflow, event: { name: 'push', payload: {} }, github, actions });
  }

  test('pass files from one job to another, but hidden ones only on request', async () => {
    const made = make('d/a.txt', 'd/e/b.txt', 'd/.hidden', 'd/.f/c.txt', '.g/h.txt');
    const { jobs, artifacts } = await run(
      jobOf(
        'first',
        '',
        made +
          upload('name: some, path: d') +
          upload('name: all, path: d/, include-hidden-files: true') +
          upload('name: one, path: d/a.txt') +
          upload('name: none, path: .g'),
      ) +
        jobOf(
          'second',
          'needs: first\n',
          download('name: some, path: here') + download('name: one'),
        ),
    );
    expect(artifacts.names).toEqual(['some', 'all', 'one']);
    expect(artifacts.read('some')).toEqual({ 'a.txt': 'd/a.txt\n', 'e/b.txt': 'd/e/b.txt\n' });
    expect(Object.keys(artifacts.read('all'))).toEqual([
      ...['.f/c.txt', '.hidden', 'a.txt', 'e/b.txt'],
    ]);
    expect(jobs['second']?.files).toEqual([
      ...['a.txt', 'here', 'here/a.txt', 'here/e', 'here/e/b.txt'],
    ]);
  });

  test('are selected by pattern, each into its directory or all into one, or none', async () => {
    const steps =
      make('1/a', '2/b', '3/c') +
      upload('name: part-1, path: 1') +
      upload('name: part-2, path: 2') +
      upload('name: other, path: 3') +
      '      - run: rm -r *\n' +
      download('pattern: part-*, path: apart') +
      download(
        "pattern: part-*, path: flat, merge-multiple: true, github-token: '${{ github.token }}'",
      ) +
      download('pattern: nothing-*');
    const { jobs } = await run(only(steps));
    expect(jobs['only']?.result).toBe('success');
    expect(jobs['only']?.files.filter((file) => /[abc]$/.test(file))).toEqual([
      ...['apart/part-1/a', 'apart/part-2/b', 'flat/a', 'flat/b'],
    ]);
  });

  test('never change, unless they are overwritten', async () => {
    const steps = (more: string) =>
      make('1/a', '2/b') + upload('path: 1') + upload(`path: 2${more}`);
    const refused = await run(only(steps('')));
    expect(refused.jobs['only']?.result).toBe('failure');
    expect(Object.keys(refused.artifacts.read('artifact'))).toEqual(['a']);
    const replaced = await run(only(steps(', overwrite: true')));
    expect(Object.keys(replaced.artifacts.read('artifact'))).toEqual(['b']);
  });

  test('that don’t exist fail the step only on request', async () => {
    const resultOf = async (steps: string) => (await run(only(steps))).jobs['only']?.result;
    expect(await resultOf(upload('path: none') + download('path: all'))).toBe('success');
    expect(await resultOf(upload('path: none, if-no-files-found: error'))).toBe('failure');
    expect(await resultOf(download('name: none'))).toBe('failure');
  });

  test.each([
    ['several paths', upload('path: "a*"')],
    ['no path', upload('name: a')],
    ['unknown input', download('run-id: 1')],
  ])('are not run with %s', async (_, steps) => {
    await expect(run(only(steps))).rejects.toThrow(/not played/);
  });
});

describe('a re-run of failed jobs', () => {
  // The second job fails until its first attempt has left an artifact.
  const WORKFLOW = `
name: Test
on: push
jobs:
  make:
    runs-on: ubuntu-latest
    strategy: { matrix: { n: [1, 2] }, fail-fast: false }
    steps:
      - { uses: actions/download-artifact@v8, with: { pattern: 'made-*', merge-multiple: true } }
      - { if: matrix.n == 2, run: test -e made-2-1 }
      - { if: always(), run: 'touch made-\${{ matrix.n }}-\${{ github.run_attempt }}' }
      - if: always()
        uses: actions/upload-artifact@v7
        with: { name: 'made-\${{ matrix.n }}-\${{ github.run_attempt }}', path: 'made-\${{ matrix.n }}-\${{ github.run_attempt }}' }
  aside: { runs-on: ubuntu-latest, steps: [{ run: 'true' }] }
  last: { needs: make, runs-on: ubuntu-latest, steps: [{ run: 'true' }] }
`;

  test('runs nothing else, with the existing artifacts', async () => {
    const event = { name: 'push', payload: {} };
    const run = { workflow: WORKFLOW, event, github, actions };
    const first = await playWorkflow(run);
    const resultsOf = (jobs: Readonly<Record<string, PlayedJob>>) =>
      Object.entries(jobs).map(([id, { result }]) => `${id}: ${result}`);
    expect(resultsOf(first.jobs)).toEqual([
      ...['make (1): success', 'make (2): failure', 'aside: success', 'last: skipped'],
    ]);
    const second = await rerunFailedJobs(run, first);
    expect(resultsOf(second.jobs)).toEqual([
      ...['make (1): success', 'make (2): success', 'aside: success', 'last: success'],
    ]);
    expect(second.jobs['make (1)']).toBe(first.jobs['make (1)']);
    expect(second.jobs['aside']).toBe(first.jobs['aside']);
    expect(second.artifacts.names).toEqual(['made-1-1', 'made-2-1', 'made-2-2']);
    const third = await rerunFailedJobs(run, second);
    expect(third.jobs).toEqual(second.jobs);
    expect(third.artifacts.names).toHaveLength(3);
  });
});

describe('events', () => {
  test.each([
    ['push', 'push', undefined, true],
    ['[push, release]', 'release', 'published', true],
    ['[push, release]', 'pull_request', 'opened', false],
    ['{ pull_request: null }', 'pull_request', 'opened', true],
    ['{ pull_request: null }', 'pull_request', 'closed', false],
    ['{ pull_request: { types: [closed] } }', 'pull_request', 'closed', true],
    ['{ pull_request: { types: [closed] } }', 'pull_request', 'opened', false],
    ['{ push: { branches: [main] } }', 'push', undefined, true],
    ['{ push: { branches: [other] } }', 'push', undefined, false],
  ])('on: %s is started by %s (%s): %s', async (on, name, action, started) => {
    const workflow = `name: Test\non: ${on}\nconcurrency: of-\${{ github.event_name }}\njobs: {}`;
    const event = { name, payload: { action } };
    const played = await playWorkflow({ workflow, event, github, actions });
    expect(played.started).toBe(started);
    expect(played.concurrency).toBe(started ? `of-${name}` : undefined);
  });
});
