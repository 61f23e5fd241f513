import { Failure } from '../../src/failure.ts';
import type { InputSource } from '../../src/host/host.ts';
import { type Defaults, InputReader } from '../../src/inputs/reader.ts';
import { KnownSecrets } from '../../src/secret.ts';

export type Given = Readonly<Record<string, string>>;

interface Surroundings {
  readonly workspace?: string;
  readonly environment?: Given;
}

/** Inputs as a host hands them over, and what it is asked to mask. */
export function sourceOf(
  given: Given,
  { workspace = '/work', environment = {} }: Surroundings = {},
) {
  const masked: string[] = [];
  const source: InputSource = {
    input: (name) => given[name]?.trim() ?? '',
    rawInput: (name) => given[name] ?? '',
    workspace,
    environment,
    secrets: new KnownSecrets((values) => masked.push(...values)),
  };
  return { source, masked };
}

/** A reader of some inputs, with what it has masked and the problems that it has noted. */
export function read(given: Given, options: Surroundings & { readonly defaults?: Defaults } = {}) {
  const { source, masked } = sourceOf(given, options);
  const reader = new InputReader(source, options.defaults ?? {});
  return { reader, masked, problems: () => problemsIn(failureOf(() => reader.throwProblems())) };
}

/** The failure that something throws, if any. */
export function failureOf(run: () => void): Failure | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  return undefined;
}

/** The problems in a failure, one or a numbered list. */
export function problemsIn(failure: Failure | undefined): readonly string[] {
  if (failure === undefined) return [];
  const [, list] = /^\d+ problems with the inputs: \(1\) (.*)$/s.exec(failure.message) ?? [];
  return list?.split(/ \(\d+\) /) ?? [failure.message];
}

/** The same for what fails later. */
export async function problemsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (failure !== undefined && !(failure instanceof Failure)) throw failure;
  return problemsIn(failure);
}

/** Numbers that both actions refuse, each with the reported problem. */
export const OUT_OF_RANGE: Readonly<Record<string, [Given, string]>> = Object.fromEntries(
  (
    [
      ['concurrency', '0', 32],
      ['concurrency', '33', 32],
      ['timeout', '0', 3600],
      ['timeout', '3601', 3600],
    ] as const
  ).map(([name, value, most]) => [
    `a ${name} of ${value}`,
    [{ [name]: value }, `\`${name}\` must be a whole number from 1 to ${most}, not "${value}".`],
  ]),
);
