import type { Job, Values } from './workflow-file.ts';

type Cell = string | number | boolean;

export interface Strategy {
  readonly matrix?: Readonly<Record<string, readonly Cell[]>>;
  readonly 'fail-fast'?: boolean;
  /** of no meaning here, where one job runs at a time */
  readonly 'max-parallel'?: number;
}

/** One of the jobs that a job's matrix makes; a job without a matrix is one. */
export interface Leg {
  /** the job as GitHub lists it: `make`, or with a matrix `make (0)` */
  readonly key: string;
  /** the contexts strategy and matrix */
  readonly contexts: Readonly<Record<'strategy' | 'matrix', Readonly<Record<string, unknown>>>>;
}

/** The jobs that a job's matrix makes. Throws for a matrix that is not plain lists. */
export function legsOf(id: string, { strategy = {} }: Job): readonly Leg[] {
  const cells = combine(Object.entries(strategy.matrix ?? {}));
  return cells.map((matrix, index) => {
    const values = Object.values(matrix);
    const context = {
      'fail-fast': failsFast(strategy),
      'job-index': index,
      'job-total': cells.length,
      'max-parallel': strategy['max-parallel'] ?? cells.length,
    };
    const key = values.length === 0 ? id : `${id} (${values.join(', ')})`;
    return { key, contexts: { strategy: context, matrix } };
  });
}

export function failsFast(strategy: Strategy = {}): boolean {
  return strategy['fail-fast'] ?? true;
}

/** Every combination of the lists' values; the last list changes fastest. */
function combine(
  lists: readonly (readonly [string, readonly Cell[]])[],
): readonly Readonly<Record<string, Cell>>[] {
  const [first, ...rest] = lists;
  if (first === undefined) return [{}];
  const [name, cells] = first;
  if (['include', 'exclude'].includes(name) || !isPlain(cells)) {
    throw new Error(`the matrix has what is not played: ${name}`);
  }
  return cells.flatMap((cell) => combine(rest).map((others) => ({ [name]: cell, ...others })));
}

function isPlain(cells: unknown): boolean {
  return Array.isArray(cells) && cells.length > 0 && cells.every((cell) => Object(cell) !== cell);
}

/** What the jobs that need a job see of all its legs; of an output, the last leg's value counts. */
export function together<Result extends string>(
  legs: readonly { readonly result: Result; readonly outputs: Values }[],
): { readonly result: Result | 'success'; readonly outputs: Values } {
  const results = legs.map(({ result }) => result);
  const result = results.find((one) => one === 'failure') ?? results.find(isNoSuccess) ?? 'success';
  return { result, outputs: Object.assign({}, ...legs.map(({ outputs }) => outputs)) };
}

function isNoSuccess(result: string): boolean {
  return result !== 'success';
}
