import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

export const ROOT = path.resolve(import.meta.dirname, '../..');
export const read = (name: string) => readFileSync(path.join(ROOT, name), 'utf8');

/** A file below the root, with its text. */
export interface TextFile {
  readonly file: string;
  readonly text: string;
}

const filesOf = (folder: string): readonly TextFile[] =>
  readdirSync(path.join(ROOT, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => ({ file: `${folder}/${name}`, text: read(`${folder}/${name}`) }));

/** What this project runs. */
export const workflows = filesOf('.github/workflows');
/** What its users run. */
export const recipes = filesOf('docs/recipes');
/** What either of them uses of this repository. */
export const actionFiles: readonly TextFile[] = [
  'action.yml',
  'delete/action.yml',
  '.github/actions/after-job/action.yml',
].map((file) => ({ file, text: read(file) }));

export interface WorkflowStep {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly 'continue-on-error'?: boolean;
}

export interface WorkflowJob {
  readonly name?: string;
  readonly needs?: string | readonly string[];
  readonly if?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly 'timeout-minutes'?: number;
  /** the path of a workflow that this job calls; it has no steps then */
  readonly uses?: string;
  readonly steps: readonly WorkflowStep[];
}

export interface WorkflowFile {
  readonly name: string;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

export function workflowOf(text: string): WorkflowFile {
  const { jobs, ...others } = parse(text) as WorkflowFile;
  const withSteps = Object.entries(jobs).map(([id, job]) => [id, { ...NO_STEPS, ...job }] as const);
  return { ...others, jobs: Object.fromEntries(withSteps) };
}

const NO_STEPS: Pick<WorkflowJob, 'steps'> = { steps: [] };

/** All steps of a workflow, with the ids of their jobs. */
export function stepsOf(text: string): readonly (WorkflowStep & { readonly job: string })[] {
  return Object.entries(workflowOf(text).jobs).flatMap(([job, { steps }]) =>
    steps.map((step) => ({ ...step, job })),
  );
}
