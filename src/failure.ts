/** The stable names of failures, as users see and search them. */
export const failureCodes = [
  'input-invalid',
  'credentials-missing',
  'token-rejected',
  'unauthorized',
  'forbidden',
  'agent-exists',
  'request-rejected',
  'rate-limited',
  'unavailable',
  'outcome-unknown',
  'response-invalid',
  'key-mismatch',
  'destination-invalid',
  'delivery-failed',
  'connection-failed',
  'timeout',
  'cancelled',
  'not-ended',
  'internal',
] as const;

export type FailureCode = (typeof failureCodes)[number];

/** A call that failed. */
export interface FailedCall {
  readonly method: string;
  readonly url: URL;
  readonly status?: number;
  /** why no whole answer came, in our own words; follows a colon */
  readonly reason?: string;
  /** whether another try would fail in the same way */
  readonly isFinal?: boolean;
  /** It was refused with a web page, so the status is not the service's own. */
  readonly isFromElsewhere?: boolean;
  /** what the server sent: raw, not fit to be shown as it is */
  readonly said?: ServerWords;
}

/** The parts of an error answer that help a person or the service's support; all raw. */
export interface ServerWords {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** log reference or error id */
  readonly reference?: string | undefined;
  /** what the server would have accepted, in its own notation */
  readonly permissions?: string | undefined;
}

/** A failure with a name. Its message holds our own words and the user's inputs, `call` the rest. */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly call: FailedCall | undefined;
  /** Whether what was asked for may have been done all the same: an agent, a secret. */
  readonly mayBeDone: boolean;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'Failure';
    this.code = code;
    this.call = options.call;
    this.mayBeDone = options.mayBeDone ?? false;
  }
}

/** Something unusual that is no failure. */
export interface Warning {
  /** the whole of it: whole sentences */
  readonly text: string;
  /** where it is about one of several things: its name, and a sentence for all that share it */
  readonly about?: { readonly name: string; readonly kind: string };
}

export interface FailureOptions {
  readonly call?: FailedCall | undefined;
  readonly cause?: unknown;
  readonly mayBeDone?: boolean;
}

/** Any error as a failure. A bug's own message is dropped: it may quote a secret. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure(
    'internal',
    `An unexpected ${name} came up; this is a bug. Run the job again with debug logging and report what it shows to the maintainers of this action.`,
    // A bug may come up before or after the work was done.
    { cause: error, mayBeDone: true },
  );
}

/** Whether a service finally answered a call with one of these statuses. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  if (!(error instanceof Failure) || error.code === 'timeout') return false;
  const { status, isFromElsewhere = false } = error.call ?? {};
  return status !== undefined && !isFromElsewhere && statuses.includes(status);
}

/** Whether a file may not be written, or a folder not be entered, by the user of this process. */
export function isAccessDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errorCode(error));
}

/** The code of a system error such as ENOSPC, or the error's name: never its message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
