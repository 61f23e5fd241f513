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
  /** why no complete answer came, in our own words; follows a colon */
  readonly reason?: string;
  /** whether another try would fail the same way */
  readonly isFinal?: boolean;
  /** whether the rejection is a web page, so that the status is not the service's own */
  readonly isFromElsewhere?: boolean;
  /** what the server sent: raw, must be cleaned before it is shown */
  readonly said?: ServerWords;
}

/** The raw parts of an error answer that help a person or the service's support. */
export interface ServerWords {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  /** log reference or error id */
  readonly reference?: string | undefined;
  /** the permissions that the server would accept, in its own notation */
  readonly permissions?: string | undefined;
}

/**
 * A failure with a code. Its message contains our own words and the user's inputs, and `call` has
 * the rest.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly call: FailedCall | undefined;
  /** Whether the request may have been processed anyway: an agent or a secret may exist. */
  readonly mayBeDone: boolean;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = 'Failure';
    this.code = code;
    this.call = options.call;
    this.mayBeDone = options.mayBeDone ?? false;
  }
}

/** Something unusual that is not a failure. */
export interface Warning {
  /** all of it, in sentences */
  readonly text: string;
  /** if it is about one of several things: its name, and a sentence for all that share it */
  readonly about?: { readonly name: string; readonly kind: string };
}

export interface FailureOptions {
  readonly call?: FailedCall | undefined;
  readonly cause?: unknown;
  readonly mayBeDone?: boolean;
}

/** Any error as a failure. Drops the message of a bug, because it may quote a secret. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure(
    'internal',
    `An unexpected ${name} occurred. This is a bug. Run the job again with debug logging, and report what it shows to the maintainers of this action.`,
    // A bug may occur before or after the work was done.
    { cause: error, mayBeDone: true },
  );
}

/** Whether a call ended with one of these statuses, from the service itself. */
export function hasStatus(error: unknown, ...statuses: readonly number[]): boolean {
  if (!(error instanceof Failure) || error.code === 'timeout') return false;
  const { status, isFromElsewhere = false } = error.call ?? {};
  return status !== undefined && !isFromElsewhere && statuses.includes(status);
}

/** Whether the user of this process lacks the permission for a file or directory. */
export function isAccessDenied(error: unknown): boolean {
  return ['EACCES', 'EPERM'].includes(errorCode(error));
}

/** The code of a system error such as ENOSPC, or the error's name: never its message. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
