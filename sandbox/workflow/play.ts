import type { GitHub, Vault } from '../github/github.ts';
import { holds, interpolate, interpolateAll } from './expressions.ts';
import { type PlayedJob, playJob } from './job.ts';
import {
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
  /** text of the workflow file */
  readonly workflow: string;
  readonly event: Event;
  /** its repository, where the workflow is, and its environments */
  readonly github: GitHub;
  /** directory of the actions that the workflow calls OWNER/REPO */
  readonly actions: string;
  /** inputs of those actions where the workflow does not set them, e.g. where the services are */
  readonly inputs?: Values;
  /** of the organization: those of repository and environment come before them */
  readonly secrets?: Values;
  readonly vars?: Values;
  /** more of the context `github`, such as `run_number` and `ref_name` */
  readonly run?: Readonly<Record<string, unknown>>;
}

/** What became of a run. */
export interface Played {
  /** whether the event starts the workflow at all */
  readonly started: boolean;
  /** the workflow's concurrency group */
  readonly concurrency: string | undefined;
  readonly jobs: Readonly<Record<string, PlayedJob>>;
}

/** Secrets and variables: of the repository, and for a job also of its environment. */
interface Settings {
  readonly secrets: Values;
  readonly vars: Values;
}

/**
 * Plays a run of a workflow: its jobs one after the other, with the actions OWNER/REPO run by the
 * sandbox's runner. Throws for what it can't play, so that nothing is passed over.
 */
export async function playWorkflow(play: Play): Promise<Played> {
  const workflow = parseWorkflow(play.workflow);
  const github = contextOf(play, workflow);
  if (!isStartedBy(workflow, play.event, String(github.ref_name))) {
    return { started: false, concurrency: undefined, jobs: {} };
  }
  // GitHub reads those of the repository when a run is queued.
  const { secrets = {}, vars = {} } = play;
  const queued = overlay({ secrets, vars }, play.github.vault);
  const scope = { contexts: { github, vars: queued.vars } };
  const { concurrency } = workflow;
  const group = typeof concurrency === 'object' ? concurrency.group : concurrency;
  const jobs: Record<string, PlayedJob> = {};
  for (const id of jobsInOrder(workflow)) {
    const job = workflow.jobs[id];
    if (job !== undefined)
      jobs[id] = await playIfDue(job, { play, workflow, github, queued, jobs });
  }
  return { started: true, concurrency: group && interpolate(group, scope), jobs };
}

interface Run {
  readonly play: Play;
  readonly workflow: Workflow;
  readonly github: Readonly<Record<string, unknown>>;
  readonly queued: Settings;
  readonly jobs: Readonly<Record<string, PlayedJob>>;
}

async function playIfDue(job: Job, run: Run): Promise<PlayedJob> {
  const { play, workflow, github, queued, jobs } = run;
  const needs = Object.fromEntries(
    needsOf(job).map((id) => [id, { result: jobs[id]?.result, outputs: jobs[id]?.outputs }]),
  );
  const results = [...ancestorsOf(job, workflow)].map((id) => jobs[id]?.result);
  const status = {
    success: results.every((result) => result === 'success'),
    failure: results.includes('failure'),
  };
  if (!holds(job.if, { contexts: { github, vars: queued.vars, needs }, status })) {
    return { result: 'skipped', steps: [], outputs: {}, files: [] };
  }
  const named = typeof job.environment === 'object' ? job.environment.name : job.environment;
  const environment = interpolate(named ?? '', { contexts: { github, vars: queued.vars, needs } });
  // Those of an environment are read when the job starts.
  const settings = overlay(queued, play.github.environments.get(environment));
  const { secrets, vars } = settings;
  return playJob(job, {
    actions: play.actions,
    github: play.github,
    inputs: play.inputs ?? {},
    secrets,
    contexts: { github, vars, needs },
    env: interpolateAll(workflow.env, { contexts: { github, vars, secrets } }),
  });
}

function overlay({ secrets, vars }: Settings, vault: Vault | undefined): Settings {
  return {
    secrets: { ...secrets, ...Object.fromEntries(vault?.secrets ?? []) },
    vars: { ...vars, ...Object.fromEntries(vault?.variables ?? []) },
  };
}

/** The jobs that a job needs, and those that they need. */
function ancestorsOf(job: Job, { jobs }: Workflow): ReadonlySet<string> {
  const found = new Set<string>(needsOf(job));
  for (const id of found) {
    const ancestor = jobs[id];
    for (const need of ancestor === undefined ? [] : needsOf(ancestor)) found.add(need);
  }
  return found;
}

function contextOf({ event, github, run = {} }: Play, { name }: Workflow) {
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
    run_attempt: '1',
    ...run,
  };
}
