import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { GitHub } from '../../sandbox/github/github.ts';
import { parseCommand } from '../../sandbox/runner/commands.ts';
import { Masker } from '../../sandbox/runner/masker.ts';
import {
  Runner,
  type StepOptions,
  type StepResult,
  startProcess,
} from '../../sandbox/runner/runner.ts';
import type { Artifacts } from './artifacts.ts';
import { Containers } from './containers.ts';
import { holds, interpolate, interpolateAll, type Scope } from './expressions.ts';
import { playOtherAction, type StepRun } from './other-actions.ts';
import { runScript } from './shell.ts';
import type { Job, Step, Values } from './workflow-file.ts';

export type Outcome = 'success' | 'failure' | 'skipped';

/** The result of a step or post step. */
export interface PlayedStep {
  readonly id: string | undefined;
  readonly name: string;
  readonly outcome: Outcome;
  readonly outputs: Values;
  /** the lines of the log, masked */
  readonly log: readonly string[];
}

export interface PlayedJob {
  /** `cancelled` means that it didn't start because another job of its matrix had failed */
  readonly result: Outcome | 'cancelled';
  readonly steps: readonly PlayedStep[];
  readonly outputs: Values;
  /** the files that are left in the workspace at the end */
  readonly files: readonly string[];
}

/** What a job starts with. */
export interface JobStart {
  /** the directory of our actions, which workflows call OWNER/REPO */
  readonly actions: string;
  readonly github: GitHub;
  /** default inputs for our actions */
  readonly inputs: Values;
  readonly secrets: Values;
  /** the workflow's own token */
  readonly token: string;
  /** the artifacts of the run */
  readonly artifacts: Artifacts;
  /** the files of the repository for a checkout, by path */
  readonly files: Values;
  /** whether containers are started */
  readonly containers: boolean;
  /** the contexts `github`, `vars`, `needs`, `strategy` and `matrix` */
  readonly contexts: Readonly<Record<string, unknown>>;
  /** the workflow's `env`, evaluated */
  readonly env: Values;
}

/** Plays a job, including its post steps. */
export async function playJob(job: Job, start: JobStart): Promise<PlayedJob> {
  let containers: Containers | undefined;
  const runner = await Runner.start(start.actions, (...run) =>
    (containers?.launch ?? startProcess)(...run),
  );
  try {
    const { workspace } = runner;
    const mounts = { job: path.dirname(workspace), workspace, actions: start.actions };
    if (start.containers) containers = await Containers.start(job, mounts);
    const run = new JobRun(runner, start, containers);
    return await run.play(job);
  } finally {
    await containers?.stop();
    await runner.stop();
  }
}

/** A step that has a post step. */
interface Started {
  readonly name: string;
  readonly options: StepOptions;
  readonly main: StepResult;
}

class JobRun {
  readonly #runner: Runner;
  readonly #start: JobStart;
  readonly #containers: Containers | undefined;
  readonly #masker = new Masker();
  readonly #masks: string[] = [];
  readonly #steps: PlayedStep[] = [];
  readonly #started: Started[] = [];
  #env: Values;
  #passed = true;

  constructor(runner: Runner, start: JobStart, containers: Containers | undefined) {
    this.#runner = runner;
    this.#start = start;
    this.#containers = containers;
    this.#env = start.env;
    this.#mask([...Object.values(start.secrets), start.token]);
  }

  async play(job: Job): Promise<PlayedJob> {
    this.#env = { ...this.#env, ...interpolateAll(job.env, this.#scope()) };
    for (const step of job.steps) await this.#playStep(step);
    for (const started of this.#started.reverse()) await this.#playPost(started);
    const outputs = interpolateAll(job.outputs, this.#scope());
    return {
      result: this.#passed ? 'success' : 'failure',
      steps: this.#steps,
      outputs: Object.fromEntries(
        // GitHub drops outputs that may contain a secret.
        Object.entries(outputs).filter(([, value]) => this.#masker.mask(value) === value),
      ),
      files: (await readdir(this.#runner.workspace, { recursive: true })).sort(),
    };
  }

  async #playStep(step: Step): Promise<void> {
    const scope = this.#scope(interpolateAll(step.env, this.#scope()));
    const name = interpolate(step.name ?? step.uses ?? step.run ?? '', scope);
    const { secrets: _, ...contexts } = scope.contexts;
    const status = { success: this.#passed, failure: !this.#passed };
    if (!holds(step.if, { contexts, status })) {
      this.#steps.push({ id: step.id, name, outcome: 'skipped', outputs: {}, log: [] });
      return;
    }
    this.#record(step.id, name, await this.#run(step, name, scope));
  }

  async #playPost({ name, options, main }: Started): Promise<void> {
    const result = await this.#runner.post({ ...options, secrets: this.#masks }, main);
    this.#record(undefined, `Post ${name}`, stepRunOf(result));
  }

  #record(id: string | undefined, name: string, { passed, outputs, log, masks }: StepRun): void {
    this.#mask(masks ?? []);
    if (!passed) this.#passed = false;
    this.#steps.push({ id, name, outcome: passed ? 'success' : 'failure', outputs, log });
  }

  async #run(step: Step, name: string, scope: Scope): Promise<StepRun> {
    const env = scope.contexts['env'] as Values;
    if (step.run !== undefined) return this.#script(interpolate(step.run, scope), env, step.shell);
    const { uses = '' } = step;
    const inputs = interpolateAll(step.with, scope);
    const ours = /^OWNER\/REPO(?:\/(delete))?@v1$/.exec(uses);
    if (ours !== null) return this.#ours(ours[1] ?? '', name, inputs, env);
    const image = /^docker:\/\/(.+)$/.exec(uses)?.[1];
    if (image !== undefined && this.#containers !== undefined) {
      const { log, ...played } = await this.#containers.playImage(image, inputs);
      return { ...played, log: log.map((line) => this.#masker.mask(line)) };
    }
    const { workspace } = this.#runner;
    return playOtherAction(uses, inputs, { ...this.#start, workspace });
  }

  async #script(script: string, env: Values, shell: string | undefined): Promise<StepRun> {
    const { workspace, temporary } = this.#runner;
    const variables = { ...this.#variables, GITHUB_WORKSPACE: workspace, RUNNER_TEMP: temporary };
    const command = this.#containers?.command;
    const elsewhere = command && { command, directory: temporary };
    const ended = await runScript(script, workspace, { ...variables, ...env }, shell, elsewhere);
    this.#env = { ...this.#env, ...ended.exported };
    const log: string[] = [];
    for (const line of ended.lines) {
      const command = parseCommand(line);
      if (command?.name === 'add-mask') this.#mask([command.message]);
      else log.push(this.#masker.mask(line));
    }
    return { passed: ended.exitCode === 0, outputs: ended.outputs, log };
  }

  async #ours(action: string, name: string, given: Values, env: Values): Promise<StepRun> {
    const options = {
      action,
      inputs: { ...this.#start.inputs, ...given },
      secrets: this.#masks,
      env: { GITHUB_API_URL: this.#start.github.apiUrl, ...env },
    };
    const main = await this.#runner.main(options);
    if (await hasPost(path.join(this.#start.actions, action))) {
      this.#started.push({ name, options, main });
    }
    return stepRunOf(main);
  }

  get #variables(): Values {
    const { apiUrl, repository } = this.#start.github;
    const { event_name, run_id, run_attempt } = this.#start.contexts['github'] as Values;
    return {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: apiUrl,
      GITHUB_REPOSITORY: repository,
      GITHUB_EVENT_NAME: event_name ?? '',
      GITHUB_RUN_ID: run_id ?? '',
      GITHUB_RUN_ATTEMPT: run_attempt ?? '',
    };
  }

  /** The scope for a step's expressions; `env` are the step's own variables. */
  #scope(env: Values = {}): Scope {
    const { contexts, secrets } = this.#start;
    const known = this.#steps.flatMap(({ id, outcome, outputs }) =>
      id === undefined ? [] : [[id, { outcome, conclusion: outcome, outputs }]],
    );
    return {
      contexts: {
        ...contexts,
        secrets,
        env: { ...this.#env, ...env },
        steps: Object.fromEntries(known),
        runner: { os: 'Linux', temp: this.#runner.temporary },
        job: {
          status: this.#passed ? 'success' : 'failure',
          services: this.#containers?.services ?? {},
        },
      },
    };
  }

  #mask(values: readonly string[]): void {
    for (const value of values) this.#masker.add(value);
    this.#masks.push(...values);
  }
}

function stepRunOf({ exitCode, outputs, log, commands }: StepResult): StepRun {
  const masks = commands.flatMap(({ name, message }) => (name === 'add-mask' ? [message] : []));
  return { passed: exitCode === 0, outputs, log, masks };
}

async function hasPost(directory: string): Promise<boolean> {
  const text = await readFile(path.join(directory, 'action.yml'), 'utf8');
  return (parse(text) as { runs: { post?: string } }).runs.post !== undefined;
}
