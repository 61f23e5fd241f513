import { interpolateAll, type Scope } from './expressions.ts';
import type { PlayedJob } from './job.ts';
import { type Call, type Job, parseWorkflow, type Values } from './workflow-file.ts';

/** What a job passes to the workflow that it calls. */
export interface Given {
  readonly inputs: Values;
  readonly secrets: Values;
}

/**
 * Evaluates what a job passes on: only the secrets that it names. Throws where GitHub would not
 * start the run: for what the workflow doesn't know, and for what it requires and isn't there.
 */
export function givenBy(job: Job, { inputs = {}, secrets = {} }: Call, scope: Scope): Given {
  const { secrets: _, ...contexts } = scope.contexts;
  expectNames(inputs, job.with ?? {});
  expectNames(secrets, job.secrets ?? {});
  return {
    inputs: interpolateAll(job.with, { contexts }),
    secrets: interpolateAll(job.secrets, scope),
  };
}

function expectNames(
  known: Readonly<Record<string, { readonly required?: boolean }>>,
  given: unknown,
): void {
  if (given === null || typeof given !== 'object')
    throw new Error('secrets are handed on by name only');
  const wrong = Object.keys(given).filter((name) => !(name in known));
  const missing = Object.keys(known).filter((name) => known[name]?.required && !(name in given));
  if (wrong.length > 0) throw new Error(`the called workflow does not know ${wrong.join(', ')}`);
  if (missing.length > 0) throw new Error(`the called workflow requires ${missing.join(', ')}`);
}

/** The text of a called workflow, out of those of the repository. Throws if it isn't there. */
export function calledWorkflow(uses: string, files: Values) {
  const text = files[uses.replace(/^\.\//, '')];
  if (text === undefined) throw new Error(`there is no workflow ${uses}`);
  return parseWorkflow(text);
}

/** The jobs of a called workflow, as the one job that called it. */
export function combineCalled(
  jobs: Readonly<Record<string, PlayedJob>>,
  { outputs = {} }: Call,
): PlayedJob {
  const played = Object.values(jobs);
  const hasFailed = played.some(({ result }) => result === 'failure');
  const values = Object.entries(outputs).map(([name, { value }]) => [name, value]);
  return {
    result: hasFailed ? 'failure' : 'success',
    steps: played.flatMap(({ steps }) => steps),
    outputs: interpolateAll(Object.fromEntries(values), { contexts: { jobs } }),
    files: [],
  };
}
