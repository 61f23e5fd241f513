import {
  getDefaultAutoSelectFamilyAttemptTimeout,
  setDefaultAutoSelectFamilyAttemptTimeout,
} from 'node:net';
import { asFailure, errorCode, Failure } from '../failure.ts';
import { describeFailure } from '../text.ts';
import { VERSION } from '../version.ts';
import type { Host } from './host.ts';

/** How long to try one address of a host before the next, in milliseconds. */
const ADDRESS_TIME = 2_000;

/**
 * Runs a step. The step counts as failed until `work` is done, even if the process ends in another
 * way: by an uncaught exception, or because nothing is left to wait for. `onFailure` learns
 * why, after the log.
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
  // Lets work in progress finish: exiting here could lose a private key.
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

/** Runs a post step, which may warn but never fails the job. */
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

/** The versions that every failure report needs. */
function whereItRuns(): string {
  const { version, platform, arch } = process;
  return `Version ${VERSION} of the action, on Node ${version}, ${platform} ${arch}`;
}

/** Keeps working if the runner dies and no longer reads the log: a private key may be in progress. */
function outliveLog(): void {
  process.stdout.on('error', () => {});
}

/**
 * Gives every connection enough time for a distant network. Node's default is 250 ms, after which it
 * abandons an address: if the other one is dead, the host could not be reached at all.
 */
function allowForDistance(): void {
  const time = Math.max(ADDRESS_TIME, getDefaultAutoSelectFamilyAttemptTimeout());
  setDefaultAutoSelectFamilyAttemptTimeout(time);
}

/**
 * Listens for SIGUSR1, on which Node would otherwise open a debugger to every local user, who could
 * read the secrets of the process. Windows has no such signal.
 */
function refuseDebugger(): void {
  process.on('SIGUSR1', () => {});
}

/** Moves Node's warnings, which are for developers, from standard error to the debug log. */
function divertWarnings(host: Host): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => host.debug(`${name}: ${message}`));
}
