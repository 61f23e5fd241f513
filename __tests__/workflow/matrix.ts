import type { Job, Values } from './workflow-file.ts';

type Cell = string | number | boolean;

export interface Strategy {
  readonly matrix?: Readonly<Record<string, readonly Cell[]>>;
  readonly 'fail-fast'?: boolean;
  /** irrelevant here, because the player runs one job at a time */
  readonly 'max-parallel'?: number;
}

/** One of the jobs of a matrix; a job without a matrix has a single leg. */
export interface Leg {
  /** the name that GitHub lists the job under: `make`, or `make (0)` with a matrix */
  readonly key: string;
  /** the contexts `strategy` and `matrix` */
  readonly contexts: Readonly<Record<'strategy' | 'matrix', Readonly<Record<string, unknown>>>>;
}

/** Expands a job's matrix. Throws unless the matrix consists of plain lists. */
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

/** All combinations of the lists' values; the last list changes fastest. */
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

/** The combined result of all legs, for jobs that need them; the last leg to set an output wins. */
export function combineLegs<Result extends string>(
  legs: readonly { readonly result: Result; readonly outputs: Values }[],
): { readonly result: Result | 'success'; readonly outputs: Values } {
  const results = legs.map(({ result }) => result);
  const result =
    results.find((one) => one === 'failure') ?? results.find(isNotSuccess) ?? 'success';
  return { result, outputs: Object.assign({}, ...legs.map(({ outputs }) => outputs)) };
}

function isNotSuccess(result: string): boolean {
  return result !== 'success';
}
