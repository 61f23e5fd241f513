import type { GitHub, Permissions, Vault } from '../../sandbox/github/github.ts';
import { Artifacts } from './artifacts.ts';
import { calledWorkflow, combineCalled, givenBy } from './called.ts';
import { holds, interpolate, interpolateAll } from './expressions.ts';
import { type PlayedJob, playJob } from './job.ts';
import { combineLegs, failsFast, type Leg, legsOf } from './matrix.ts';
import {
  callOf,
  type Event,
  isStartedBy,
  type Job,
  jobsInOrder,
  needsOf,
  parseWorkflow,
  type Values,
  type Workflow,
} from './workflow-file.ts';

export interface Play {
  /** the text of the workflow file */
  readonly workflow: string;
  readonly event: Event;
  /** the repository that the workflow belongs to, and its environments */
  readonly github: GitHub;
  /** the directory of our actions, which the workflow calls OWNER/REPO */
  readonly actions: string;
  /** the files of the repository for a checkout, by path */
  readonly files?: Values;
  /** the workflows of the repository that others call, by path */
  readonly workflows?: Values;
  /** default inputs for our actions, e.g. the URLs of the services */
  readonly inputs?: Values;
  /** the organization's secrets, which those of the repository and environment override */
  readonly secrets?: Values;
  /** the same for variables */
  readonly vars?: Values;
  /**
   * whether the containers that jobs ask for are started, with the `docker` on the PATH; otherwise
   * their steps run on this machine, and services and steps that use an image are not played
   */
  readonly containers?: boolean;
  /** overrides for the context `github`, such as `run_number` and `ref_name` */
  readonly run?: Readonly<Record<string, unknown>>;
}

/** The result of a run. */
export interface Played {
  /** whether the event triggers the workflow at all */
  readonly started: boolean;
  /** the workflow's concurrency group */
  readonly concurrency: string | undefined;
  /** by id, with the values of the matrix if there is one, such as `make (0)` */
  readonly jobs: Readonly<Record<string, PlayedJob>>;
  readonly attempt: number;
  /** the artifacts of all attempts */
  readonly artifacts: Artifacts;
}

/** The secrets and variables that a job can read. */
interface Settings {
  readonly secrets: Values;
  readonly vars: Values;
}

/**
 * Plays a run of a workflow, one job after the other. Our actions, which it calls OWNER/REPO, are
 * run by the sandbox's runner. Throws for anything that can't be played, so that nothing is ignored.
 */
export function playWorkflow(play: Play): Promise<Played> {
  return playAttempt(play, { attempt: 0, jobs: {}, artifacts: new Artifacts() });
}

/**
 * Plays GitHub's "Re-run failed jobs": the jobs that failed and those that need them run again,
 * with the same artifacts; the others keep their results.
 */
export function rerunFailedJobs(play: Play, played: Played): Promise<Played> {
  return playAttempt(play, played);
}

type Attempt = Pick<Played, 'attempt' | 'jobs' | 'artifacts'>;

async function playAttempt(play: Play, before: Attempt): Promise<Played> {
  const workflow = parseWorkflow(play.workflow);
  const { artifacts } = before;
  const attempt = before.attempt + 1;
  const github = contextOf(play, workflow, attempt);
  if (!isStartedBy(workflow, play.event, String(github.ref_name))) {
    return { started: false, concurrency: undefined, jobs: {}, attempt, artifacts };
  }
  // GitHub reads the repository's settings when a run is queued.
  const { secrets = {}, vars = {} } = play;
  const queued = overlay({ secrets, vars }, play.github.vault);
  const scope = { contexts: { github, vars: queued.vars } };
  const { concurrency } = workflow;
  const group = typeof concurrency === 'object' ? concurrency.group : concurrency;
  const run: Run = { play, workflow, github, queued, before, inputs: {}, ended: new Map() };
  const jobs = await playJobs(run);
  return {
    started: true,
    concurrency: group && interpolate(group, scope),
    jobs,
    attempt,
    artifacts,
  };
}

/** Plays all jobs of a workflow, and returns them by the names that GitHub lists them under. */
async function playJobs(run: Run): Promise<Readonly<Record<string, PlayedJob>>> {
  for (const id of jobsInOrder(run.workflow)) run.ended.set(id, await playLegs(id, run));
  return Object.fromEntries([...run.ended.values()].flatMap(({ legs }) => [...legs]));
}

interface Run {
  readonly play: Play;
  readonly workflow: Workflow;
  readonly github: Readonly<Record<string, unknown>>;
  readonly queued: Settings;
  /** the previous attempt */
  readonly before: Attempt;
  /** what the workflow was called with, if it was called */
  readonly inputs: Values;
  /** the jobs that have ended, by id */
  readonly ended: Map<string, Ended>;
}

/** A job that has ended, with all legs of its matrix. */
interface Ended {
  readonly legs: ReadonlyMap<string, PlayedJob>;
  /** whether all results are those of the previous attempt */
  readonly isKept: boolean;
}

const SKIPPED: PlayedJob = { result: 'skipped', steps: [], outputs: {}, files: [] };
const CANCELLED: PlayedJob = { ...SKIPPED, result: 'cancelled' };

/** Plays all legs of a job, or skips it if its condition doesn't hold. */
async function playLegs(id: string, run: Run): Promise<Ended> {
  const job = jobOf(id, run);
  const ancestors = [...ancestorsOf(job, run.workflow)].map((one) => endedOf(one, run));
  const needs = Object.fromEntries(
    needsOf(job).map((need) => [need, combineLegs([...endedOf(need, run).legs.values()])]),
  );
  const mayKeep = ancestors.every(({ isKept }) => isKept);
  const legs = new Map<string, PlayedJob>();
  if (!conditionHolds(job, { needs, ancestors, run })) {
    return { legs: legs.set(id, SKIPPED), isKept: mayKeep && run.before.jobs[id] !== undefined };
  }
  let isKept = true;
  for (const leg of legsOf(id, job)) {
    const before = mayKeep ? run.before.jobs[leg.key] : undefined;
    const isDone = before?.result === 'success';
    if (!isDone) isKept = false;
    const mayStart = !failsFast(job.strategy) || !hasFailed(legs);
    const played = mayStart ? () => playLeg(job, leg, needs, run) : () => CANCELLED;
    legs.set(leg.key, isDone ? before : await played());
  }
  return { legs, isKept };
}

function hasFailed(legs: ReadonlyMap<string, PlayedJob>): boolean {
  return [...legs.values()].some(({ result }) => result === 'failure');
}

type Needs = Readonly<Record<string, ReturnType<typeof combineLegs>>>;

/** What a job's condition depends on. */
interface ConditionInput {
  readonly needs: Needs;
  readonly ancestors: readonly Ended[];
  readonly run: Run;
}

/** Whether a job's condition holds; GitHub evaluates it once for the whole matrix. */
function conditionHolds(job: Job, { needs, ancestors, run }: ConditionInput): boolean {
  const results = ancestors.flatMap(({ legs }) => [...legs.values()].map(({ result }) => result));
  const status = {
    success: results.every((result) => result === 'success'),
    failure: results.includes('failure'),
  };
  const { github, queued, inputs } = run;
  return holds(job.if, { contexts: { github, vars: queued.vars, needs, inputs }, status });
}

/** Plays the workflow that a job calls, as one job: what failed of it runs again as a whole. */
async function playCalled(uses: string, job: Job, needs: Needs, run: Run): Promise<PlayedJob> {
  const { play, github, queued, inputs, before } = run;
  const workflow = calledWorkflow(uses, play.workflows ?? {});
  const call = callOf(workflow);
  const { secrets, vars } = queued;
  const given = givenBy(job, call, { contexts: { github, needs, inputs, vars, secrets } });
  const jobs = await playJobs({
    ...run,
    ...{ workflow, inputs: given.inputs, queued: { secrets: given.secrets, vars } },
    ...{ before: { ...before, jobs: {} }, ended: new Map() },
  });
  return combineCalled(jobs, call);
}

function playLeg(job: Job, leg: Leg, needs: Needs, run: Run): Promise<PlayedJob> {
  const { play, workflow, queued, before, inputs } = run;
  if (job.uses !== undefined) return playCalled(job.uses, job, needs, run);
  const token = play.github.issueToken(permissionsOf(job));
  const github = { ...run.github, token };
  const known = { github, needs, inputs, ...leg.contexts };
  const named = typeof job.environment === 'object' ? job.environment.name : job.environment;
  const environment = interpolate(named ?? '', { contexts: { ...known, vars: queued.vars } });
  // GitHub reads the environment's settings when the job starts.
  const { secrets, vars } = overlay(queued, play.github.environments.get(environment));
  return playJob(job, {
    actions: play.actions,
    github: play.github,
    inputs: play.inputs ?? {},
    secrets,
    token,
    artifacts: before.artifacts,
    files: play.files ?? {},
    containers: play.containers ?? false,
    contexts: { ...known, vars },
    env: interpolateAll(workflow.env, { contexts: { github, vars, secrets, inputs } }),
  });
}

/** What the workflow's own token may do; secrets and variables are never among it. */
function permissionsOf({ permissions = {} }: Job): Permissions {
  const { actions } = permissions;
  return {
    ...{ secrets: 'none', environments: 'none', variables: 'none' },
    actions: actions === 'write' || actions === 'read' ? actions : 'none',
  };
}

function overlay({ secrets, vars }: Settings, vault: Vault | undefined): Settings {
  return {
    secrets: { ...secrets, ...Object.fromEntries(vault?.secrets ?? []) },
    vars: { ...vars, ...Object.fromEntries(vault?.variables ?? []) },
  };
}

function jobOf(id: string, { workflow }: Run): Job {
  const job = workflow.jobs[id];
  if (job === undefined) throw new Error(`there is no job ${id}`);
  return job;
}

function endedOf(id: string, { ended }: Run): Ended {
  const job = ended.get(id);
  if (job === undefined) throw new Error(`job ${id} has not ended`);
  return job;
}

/** The jobs that a job needs, directly or indirectly. */
function ancestorsOf(job: Job, { jobs }: Workflow): ReadonlySet<string> {
  const found = new Set<string>(needsOf(job));
  for (const id of found) {
    const ancestor = jobs[id];
    for (const need of ancestor === undefined ? [] : needsOf(ancestor)) found.add(need);
  }
  return found;
}

function contextOf({ event, github, run = {} }: Play, { name }: Workflow, attempt: number) {
  const [owner] = github.repository.split('/');
  return {
    event_name: event.name,
    event: event.payload,
    repository: github.repository,
    repository_owner: owner,
    workflow: name,
    actor: 'octocat',
    ref_name: 'main',
    run_id: '1',
    run_number: '1',
    run_attempt: String(attempt),
    ...run,
  };
}
