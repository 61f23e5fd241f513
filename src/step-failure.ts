import { Failure } from './failure.ts';

/** An agent of the list, and the failure that befell it, if any. */
export interface Ended {
  readonly name: string;
  readonly failure: Failure | undefined;
}

/** The one failure of a step, which lists every agent that did not make it; nothing if all did. */
export function stepFailure(
  agents: readonly Ended[],
  { cancelled }: { readonly cancelled: boolean },
): Failure | undefined {
  const failed = agents.filter(({ failure }) => failure !== undefined);
  const failures = new Set(failed.map(({ failure }) => failure));
  const [first] = failures;
  if (first === undefined) return undefined;
  const list = failed
    .map(({ name, failure }) => `${name}: [${failure?.code}] ${failure?.message}`)
    .join(' ');
  if (cancelled && first.code !== 'cancelled') {
    const message = `The job was cancelled before everything was done. ${list}`;
    return new Failure('cancelled', message, { call: first.call, cause: first });
  }
  if (failures.size === 1 && failed.length === agents.length) return first;
  const message = `${failed.length} of ${agents.length} agents failed. ${list}`;
  return new Failure(first.code, message, { call: first.call, cause: first });
}
