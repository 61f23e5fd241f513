import { parse } from 'yaml';
import type { Strategy } from './matrix.ts';

export type Values = Readonly<Record<string, string>>;
type Scalars = Readonly<Record<string, string | number | boolean | null>>;

/** A step in a workflow file; its expressions are not evaluated yet. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string | boolean;
  readonly uses?: string;
  readonly with?: Scalars;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Scalars;
}

/** A container for the steps of a job, or a service; its options are words of `docker run`. */
export interface Container {
  readonly image: string;
  readonly options?: string;
}

export interface Job {
  readonly name?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string | boolean;
  readonly environment?: string | { readonly name: string };
  readonly strategy?: Strategy;
  readonly container?: string | Container;
  readonly services?: Readonly<Record<string, Container>>;
  readonly env?: Scalars;
  readonly outputs?: Values;
  readonly permissions?: Values;
  /** the path of a workflow that this job calls; it has no steps then */
  readonly uses?: string;
  readonly with?: Scalars;
  readonly secrets?: Scalars;
  readonly steps: readonly Step[];
}

interface Filter {
  readonly types?: readonly string[];
  readonly branches?: readonly string[];
}

/** What a workflow takes and gives when another calls it. */
export interface Call {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly secrets?: Readonly<Record<string, { readonly required?: boolean }>>;
  readonly outputs?: Readonly<Record<string, { readonly value: string }>>;
}

export interface Workflow {
  readonly name: string;
  readonly on: string | readonly string[] | Readonly<Record<string, Filter | Call | null>>;
  readonly concurrency?: string | { readonly group: string };
  readonly env?: Scalars;
  readonly jobs: Readonly<Record<string, Job>>;
}

/** The event that triggers a run. */
export interface Event {
  readonly name: string;
  /** its payload, with properties such as `action` */
  readonly payload: Readonly<Record<string, unknown>>;
}

/** A job that calls a workflow has none. */
const NO_STEPS: Pick<Job, 'steps'> = { steps: [] };

/** Parses a workflow file. Throws for keys that the player would ignore. */
export function parseWorkflow(text: string): Workflow {
  const { jobs, ...others } = parse(text) as Workflow;
  const withSteps = Object.entries(jobs).map(([id, job]) => [id, { ...NO_STEPS, ...job }] as const);
  const workflow = { ...others, jobs: Object.fromEntries(withSteps) };
  expectKeys('the workflow', workflow, WORKFLOW_KEYS);
  for (const [id, job] of Object.entries(workflow.jobs)) {
    expectKeys(`job ${id}`, job, JOB_KEYS);
    expectKeys(`the strategy of job ${id}`, job.strategy ?? {}, STRATEGY_KEYS);
    for (const container of containersOf(job)) {
      expectKeys(`a container of job ${id}`, container, CONTAINER_KEYS);
    }
    for (const step of job.steps) expectKeys(`a step of job ${id}`, step, STEP_KEYS);
  }
  return workflow;
}

function expectKeys(place: string, value: object, known: readonly string[]): void {
  const unknown = Object.keys(value).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new Error(`${place} has what is not played: ${unknown.join(', ')}`);
}

const WORKFLOW_KEYS = ['name', 'on', 'permissions', 'concurrency', 'env', 'jobs'];
const JOB_KEYS = [
  'name',
  'needs',
  'if',
  'runs-on',
  'container',
  'services',
  'permissions',
  'environment',
  'strategy',
  'env',
  'outputs',
  'timeout-minutes',
  'uses',
  'with',
  'secrets',
  'steps',
];
const CONTAINER_KEYS = ['image', 'options'];
const STRATEGY_KEYS = ['matrix', 'fail-fast', 'max-parallel'];
/** `timeout-minutes` makes no difference: no test takes that long. */
const STEP_KEYS = ['id', 'name', 'if', 'uses', 'with', 'run', 'shell', 'env', 'timeout-minutes'];

/** The containers of a job: that of its steps, and its services. */
export function containersOf({ container, services = {} }: Job): readonly Container[] {
  const ofSteps = typeof container === 'string' ? { image: container } : container;
  return [...(ofSteps === undefined ? [] : [ofSteps]), ...Object.values(services)];
}

/** Whether an event on a branch triggers the workflow. Branch filters are names, not patterns. */
export function isStartedBy({ on }: Workflow, event: Event, branch: string): boolean {
  if (typeof on === 'string') return on === event.name;
  if (isList(on)) return on.includes(event.name);
  if (!(event.name in on)) return false;
  const filter = (on[event.name] ?? {}) as Filter;
  const types = filter.types ?? DEFAULT_TYPES[event.name];
  const isType = types === undefined || types.includes(String(event.payload['action']));
  return isType && (filter.branches?.includes(branch) ?? true);
}

const DEFAULT_TYPES: Readonly<Record<string, readonly string[]>> = {
  pull_request: ['opened', 'synchronize', 'reopened'],
};

/** What a workflow takes and gives when another calls it. Throws if none may call it. */
export function callOf({ name, on }: Workflow): Call {
  if (typeof on === 'string' || isList(on) || !('workflow_call' in on)) {
    throw new Error(`${name} can't be called`);
  }
  return on['workflow_call'] as Call;
}

export function needsOf({ needs = [] }: Job): readonly string[] {
  return isList(needs) ? needs : [needs];
}

/** The ids of the jobs, each after those that it needs. Throws if there is no such order. */
export function jobsInOrder({ jobs }: Workflow): readonly string[] {
  const order: string[] = [];
  while (order.length < Object.keys(jobs).length) {
    const next = Object.entries(jobs).find(
      ([id, job]) => !order.includes(id) && needsOf(job).every((need) => order.includes(need)),
    );
    if (next === undefined) throw new Error('jobs need each other, or one that is not there');
    order.push(next[0]);
  }
  return order;
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value);
}
