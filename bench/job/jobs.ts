import path from 'node:path';
import { checkKeyFiles, match } from '../key-files.ts';
import type { Network } from '../network/network.ts';
import { type ActionRun, timeAction } from '../processes/action-process.ts';
import type { Build } from '../processes/build.ts';
import { type Values, withJobFolder } from '../processes/job-folder.ts';
import { timeProcess } from '../processes/timed-process.ts';
import type { Job, Sample, Variant } from './job.ts';
import { NEEDED, type Tools } from './tools.ts';

const SCRIPTS = path.resolve(import.meta.dirname, '../scripts');
const DIRECTORY = 'certificates';
const PREFIX = 'INSIGHTS_HUB_AGENT';

/** Whole jobs: whether they succeeded is judged by what they leave behind. */
type Whole = 'files' | 'secrets';

export interface JobSettings {
  readonly network: Network;
  readonly ours: Build;
  readonly other: Build | undefined;
  readonly tools: Tools;
}

/** All jobs that can run here, in the order of a round. */
export function jobsOf({ network, ours, other, tools }: JobSettings): readonly Job[] {
  const builds = [
    { variant: 'action', build: ours },
    ...(other === undefined ? [] : [{ variant: 'other', build: other } as const]),
  ] as const;
  const whole = (['files', 'secrets'] as const).flatMap((scenario) => [
    ...builds.map(({ variant, build }) => actionJob(network, scenario, variant, build)),
    ...scriptJobs(network, scenario, tools),
  ]);
  const starts = builds.flatMap(({ variant, build }) => [
    startJob('failing', variant, { inputs: {}, entry: build.create, exitCode: 1 }),
    startJob('post', variant, { inputs: {}, entry: build.post }),
  ]);
  return [nodeJob(), ...starts, ...whole];
}

function nodeJob(): Job {
  const command = { command: process.execPath, args: ['-e', '0'] };
  return {
    scenario: 'node',
    variant: 'action',
    run: async () => {
      const time = withJobFolder({}, ({ workspace: cwd, env }) =>
        timeProcess({ ...command, cwd, env }),
      );
      return { wall: await time, requests: 0, connections: 0 };
    },
  };
}

function startJob(scenario: 'failing' | 'post', variant: Variant, run: ActionRun): Job {
  return {
    scenario,
    variant,
    run: async () => ({ wall: await timeAction(run), requests: 0, connections: 0 }),
  };
}

/** A run of the create action: a whole job for one agent. */
export function actionRun(network: Network, scenario: Whole, entry: string): ActionRun {
  const { inputs, gitHubToken, env } = network.action;
  const name = nextName();
  const places = { destination: 'repository', 'github-token': gitHubToken, repository: REPOSITORY };
  return {
    entry,
    env,
    inputs: {
      ...inputs,
      name,
      'output-directory': DIRECTORY,
      ...(scenario === 'secrets' && places),
    },
    ...(scenario === 'files' && {
      inspect: (workspace) => checkFiles(workspace, `${network.tenant}_${name}`),
    }),
  };
}

const REPOSITORY = 'octo/device';

function actionJob(network: Network, scenario: Whole, variant: Variant, build: Build): Job {
  return {
    scenario,
    variant,
    run: () => checked(network, scenario, timeAction(actionRun(network, scenario, build.create))),
  };
}

function scriptJobs(network: Network, scenario: Whole, tools: Tools): readonly Job[] {
  if (NEEDED[scenario].some((name) => tools[name] === undefined)) return [];
  const shells = { lean: 'sh', usual: 'bash' } as const;
  return (['lean', 'usual'] as const).map((variant) => ({
    scenario,
    variant,
    run: () => checked(network, scenario, runScript(network, scenario, shells[variant], variant)),
  }));
}

function runScript(network: Network, scenario: Whole, shell: string, script: string) {
  const name = nextName();
  return withJobFolder({}, async ({ workspace, env }) => {
    const own: Values = { NAME: name, DIRECTORY, SECRETS: String(scenario === 'secrets') };
    const wall = await timeProcess({
      command: shell,
      args: [path.join(SCRIPTS, `${script}.sh`)],
      cwd: workspace,
      env: { ...env, ...network.script, ...own },
    });
    await checkFiles(workspace, `${network.tenant}_${name}`);
    return wall;
  });
}

/** What the services saw of a run, and whether they have what they should. */
async function checked(network: Network, scenario: Whole, run: Promise<number>): Promise<Sample> {
  const wall = await run;
  const { requests, connections, secrets } = await network.count();
  const [key = '', certificate = ''] = ['PRIVATE_KEY', 'CERTIFICATE'].map(
    (name) => secrets[`${PREFIX}_${name}`],
  );
  if (scenario === 'secrets' && !match(key, certificate)) {
    throw new Error('the secrets are not a key and its certificate');
  }
  return { wall, requests, connections };
}

async function checkFiles(workspace: string, clientId: string): Promise<void> {
  await checkKeyFiles(path.join(workspace, DIRECTORY), [clientId]);
}

let made = 0;

/** A name that no agent has yet. */
function nextName(): string {
  made++;
  return `device${made}`;
}
