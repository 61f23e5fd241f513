import type { IncomingHttpHeaders } from 'node:http';
import {
  errorCode,
  type FailedCall,
  Failure,
  type FailureCode,
  type FailureOptions,
  type ServerWords,
} from '../failure.ts';
import {
  type CertificateChecks,
  type CertificateProblem,
  COMPANY_CA,
  certificateProblem,
} from './certificate-problems.ts';
import type { HttpProxy } from './proxy.ts';

/** An answer of any status. Its body may contain secrets. */
export interface Answer extends Pick<FailedCall, 'method' | 'url'> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** empty if the answer is not a success and was cut short or too large */
  readonly body: string;
}

/** How to read a service's answers to any call. */
export interface Service {
  /** The useful parts of an error answer; raw. */
  readonly readError: (answer: Answer) => ServerWords;
  /** Whether the service rejects a call only for now and asks to retry later. */
  readonly isRateLimited: (answer: Answer) => boolean;
  /** what a redirect means: a sentence */
  readonly adviceWhenMoved: string;
}

/** What a status means for a particular call. */
export interface Meaning {
  readonly code: FailureCode;
  readonly message: string;
}

/** The purpose of a call, and the meaning of its answers. */
export interface CallContext {
  /** begins a sentence, for example "The token request" */
  readonly what: string;
  readonly service: Service;
  /** what to do if DNS does not know the host: sentences */
  readonly adviceWhenUnknown?: string;
  readonly meanings?: Readonly<Record<number, Meaning>>;
}

export function isSuccess({ status }: Pick<Answer, 'status'>): boolean {
  return status >= 200 && status < 300;
}

/** 429, or a 403 that asks to wait and therefore does not mean a missing permission. */
export function isRateLimited({ status, headers }: Answer): boolean {
  return status === 429 || (status === 403 && headers['retry-after'] !== undefined);
}

const REJECTED_ELSEWHERE =
  'was rejected with a web page, which the service itself never sends. A proxy or web filter in between seems to have answered instead, or the URL is wrong. Check both.';

/** Whether something in between rejected a call, so that the status says nothing about the service. */
export function isRejectedElsewhere(answer: Answer): boolean {
  const { status, body } = answer;
  const isPage = isWebPage(answer) || /^\s*<(!doctype|html)\b/i.test(body);
  return isPage && status >= 400 && status < 500;
}

/** Whether an answer is a web page, which only something in between sends. */
export function isWebPage({ headers, body }: Answer): boolean {
  const type = headers['content-type'];
  return /\bx?html\b/i.test(type ?? '') || (type === undefined && body.trimStart().startsWith('<'));
}

/** Turns an unwanted answer into a failure. No other function maps statuses to failures. */
export function failureOf(context: CallContext, answer: Answer, mayBeDone: boolean): Failure {
  // The body of a success is not an error and may be a key.
  if (isSuccess(answer)) return unusable(context.what, answer, mayBeDone);
  const { method, url, status } = answer;
  const { code, message } = meaningOf(context, answer);
  const said = context.service.readError(answer);
  const isFromElsewhere = isRejectedElsewhere(answer);
  const call = { method, url, status, said, ...(isFromElsewhere && { isFromElsewhere }) };
  return new Failure(code, message, { call, mayBeDone });
}

function meaningOf({ what, service, meanings }: CallContext, answer: Answer): Meaning {
  const { status } = answer;
  const means = (code: FailureCode, words: string) => ({ code, message: `${what} ${words}` });
  if (service.isRateLimited(answer)) {
    return means('rate-limited', 'was rejected because of too many requests. Try again later.');
  }
  if (isRejectedElsewhere(answer)) return means('request-rejected', REJECTED_ELSEWHERE);
  const particular = meanings?.[status];
  if (particular !== undefined) return particular;
  if (status >= 500) return means('unavailable', 'failed: the service returned a server error.');
  if (status >= 300 && status < 400) {
    const moved = 'was answered with a redirect, which the action never follows.';
    return means('request-rejected', `${moved} ${service.adviceWhenMoved}`);
  }
  return means('request-rejected', "was rejected. Check the inputs against the server's message.");
}

/** A success whose content can't be used. */
export function unusable(what: string, answer: Answer, mayBeDone = false): Failure {
  const { method, url, status } = answer;
  const message = `${what} got an answer that can't be used.`;
  return new Failure('response-invalid', message, { call: { method, url, status }, mayBeDone });
}

/** The job was cancelled before a call succeeded. The second argument is its last failure. */
export function cancelled(what: string, { call, mayBeDone = false }: FailureOptions = {}): Failure {
  const message = `The job was cancelled. ${what} was abandoned.`;
  return new Failure('cancelled', message, { call, mayBeDone });
}

/** The time limit was over before a call succeeded. */
export function timedOut(what: string, seconds: number, last: Failure): Failure {
  return new Failure(
    'timeout',
    `${what} did not succeed within the time limit of ${seconds} s. Last failure: ${last.message} If the service is only slow, increase \`timeout\`.`,
    { call: last.call, cause: last, mayBeDone: last.mayBeDone },
  );
}

/** Why a connection failed. */
export interface Trouble {
  /** follows a colon */
  readonly reason: string;
  /** what to do about it: sentences, or empty */
  readonly advice: string;
  /** whether another try would fail in the same way */
  readonly isFinal: boolean;
}

/** The proxy did not open a tunnel. */
export class ProxyError extends Error implements Trouble {
  /** follows the proxy in a sentence */
  readonly reason: string;
  readonly advice: string;
  readonly isFinal: boolean;
  /** the proxy's answer, if it answered */
  readonly status: number | undefined;

  constructor(
    reason: string,
    options: ErrorOptions & {
      readonly status?: number;
      readonly problem?: CertificateProblem;
    } = {},
  ) {
    super('no connection through the proxy', options);
    const { status, problem } = options;
    this.name = 'ProxyError';
    this.reason = reason;
    this.status = status;
    this.isFinal = problem !== undefined || (status !== undefined && !mayPass(status));
    this.advice = problem?.advice ?? adviceFor(status, this.isFinal);
  }
}

/** Whether a proxy with this answer may allow the next connection. */
function mayPass(status: number): boolean {
  return status >= 500 || [408, 425, 429].includes(status);
}

function adviceFor(status: number | undefined, isFinal: boolean): string {
  if (status === 407)
    return 'It requires credentials: check the user name and password in that variable.';
  if (isFinal) {
    return "Ask the proxy's operator to allow this host, or add it to NO_PROXY if the runner can reach it directly.";
  }
  return 'Check that variable. List hosts that the runner can reach directly in NO_PROXY.';
}

/** Why no complete answer came. Uses only the codes of errors: messages may quote what was sent. */
export function explainNetworkError(
  error: unknown,
  { url, adviceWhenUnknown = '' }: Pick<CallContext, 'adviceWhenUnknown'> & { readonly url: URL },
  proxy?: HttpProxy,
): Trouble {
  if (error instanceof ProxyError) {
    const { reason, advice, isFinal } = error;
    return { reason: `the proxy in ${proxy?.variable} ${reason}`, advice, isFinal };
  }
  const code = errorCode(error);
  const { host } = url;
  const problem = certificateProblem(code, CHECKS);
  if (problem !== undefined) {
    const { says, advice } = problem;
    return { reason: `the TLS certificate of ${host} ${says} (${code})`, advice, isFinal: true };
  }
  const advice = code === 'ENOTFOUND' ? adviceWhenUnknown : '';
  return { reason: `${reasonOf(code, host)} (${code})`, advice, isFinal: false };
}

const CHECKS: CertificateChecks = {
  host: 'Check the URL. Something in between, such as a web filter or a captive portal, may have answered instead.',
  authority: COMPANY_CA,
};

function reasonOf(code: string, host: string): string {
  if (code === 'ENOTFOUND') return `the name ${host} could not be resolved`;
  if (code === 'EAI_AGAIN') {
    return `the name ${host} could not be resolved, because the runner's DNS did not answer`;
  }
  if (code === 'ECONNREFUSED') return `${host} refused the connection`;
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return `${host} closed the connection`;
  if (code === 'ETIMEDOUT') {
    return `${host} did not accept the connection in time`;
  }
  if (/^(EHOSTUNREACH|ENETUNREACH)$/.test(code)) return `there is no network route to ${host}`;
  if (/SSL|TLS/.test(code)) return `no TLS connection to ${host} could be established`;
  if (code === 'HPE_HEADER_OVERFLOW') return `${host} sent headers of more than 64 KiB`;
  if (code.startsWith('HPE_')) return `${host} did not answer with HTTP`;
  return `the connection to ${host} failed`;
}
