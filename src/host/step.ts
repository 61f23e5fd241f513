import {
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import { asFailure, errorCode, Failure } from '../failure.ts';
import { describeFailure } from '../text.ts';
import { VERSION } from '../version.ts';
import type { Host } from './host.ts';

/** How long to try one address of a host before the next one, in milliseconds. */
const ADDRESS_TIME = 2_000;

/**
 * Runs a step to its end. It counts as failed until `work` is done, whatever else ends the process:
 * an exception nobody caught, or nothing left to wait for. `onFailure` learns why, after the log.
 */
export async function runStep(
  host: Host,
  work: () => Promise<void>,
  onFailure: (failure: Failure) => Promise<void> = async () => {},
): Promise<void> {
  process.exitCode = 1;
  outliveLog();
  refuseDebugger();
  divertWarnings(host);
  allowForDistance();
  host.debug(whereItRuns());
  let failed = false;
  const fail = async (error: unknown) => {
    process.exitCode = 1;
    if (failed) return;
    const failure = asFailure(error);
    host.fail(failure);
    failed = true;
    await onFailure(failure);
  };
  const onEmpty = () => void fail(new Error('nothing left to wait for'));
  // What is under way may still finish: ending the process here could lose a key.
  process.on('uncaughtException', (error) => void fail(error));
  process.once('beforeExit', onEmpty);
  try {
    await work();
    if (!failed) process.exitCode = 0;
  } catch (error) {
    await fail(error);
  } finally {
    process.off('beforeExit', onEmpty);
  }
}

/** Runs a post step: it may warn, and never fails the job. */
export async function runPostStep(host: Host, work: () => Promise<void>): Promise<void> {
  outliveLog();
  refuseDebugger();
  divertWarnings(host);
  allowForDistance();
  const warn = (error: unknown) => {
    const why =
      error instanceof Failure ? describeFailure(error, host.secrets) : `(${errorCode(error)})`;
    host.warn(`The clean-up after the job failed ${why}`);
  };
  process.on('uncaughtException', warn);
  await work().catch(warn);
}

/** What a report of a failure has to begin with. */
function whereItRuns(): string {
  const { version, platform, arch } = process;
  return `Version ${VERSION} of the action, on Node ${version}, ${platform} ${arch}`;
}

/** A runner that died reads no log any more: what is under way, perhaps a key, is finished all the same. */
function outliveLog(): void {
  process.stdout.on('error', () => {});
}

/**
 * Gives every connection of the process time enough for a distant network. Node's default is 250 ms,
 * after which it gives an address up: where another one is dead, nothing would be reached at all.
 */
function allowForDistance(): void {
  const time = Math.max(ADDRESS_TIME, getDefaultAutoSelectFamilyAttemptTimeout());
  setDefaultAutoSelectFamilyAttemptTimeout(time);
}

/**
 * On SIGUSR1, Node opens a debugger to everybody on this machine, who could read the secrets of the
 * process, unless somebody listens to the signal. Windows has no such signal.
 */
function refuseDebugger(): void {
  process.on('SIGUSR1', () => {});
}

/** Node's own warnings are for developers; by default they are printed on standard error. */
function divertWarnings(host: Host): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => host.debug(`${name}: ${message}`));
}
