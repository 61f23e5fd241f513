import { errorCode } from '../failure.ts';
import { certificateProblem } from '../http/certificate-problems.ts';
import type { ProxyError, Trouble } from '../http/errors.ts';

/** Why one attempt to connect failed. */
export interface FailedAttempt extends Trouble {
  /** whether the attempt was stopped early, so that an earlier failure says more */
  readonly isInterrupted?: boolean;
}

const CHECK_CA =
  "Check `broker-url`. If the broker has its own CA, set `broker-ca-file` to that CA's certificate.";
const CHECK_AGENT =
  'Check that the agent still exists and that `broker-url` is the broker of its tenant.';
const CHECK_URL = 'Check `broker-url`, and that the runner can reach that host and port.';

/** The return codes of CONNACK for rejected connections (MQTT 3.1.1, table 3.1). */
const RETURN_CODES: Readonly<Record<number, string>> = {
  1: 'it does not support MQTT 3.1.1',
  2: 'it rejects the client id',
  3: 'it says that MQTT is unavailable',
  4: 'it rejects the user name or password, although none was sent',
  5: 'it does not authorise this certificate for this client id',
};

/** The meaning of error codes of sockets and TLS: reason, advice, `isFinal`. The first match counts. */
const MEANINGS: readonly (readonly [RegExp, string, string, boolean])[] = [
  [
    /ALERT.*CERT|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|ALERT_DECRYPT/,
    "the broker rejected the agent's certificate",
    CHECK_AGENT,
    false,
  ],
  [
    /NO_APPLICATION_PROTOCOL/,
    'the broker does not support the protocol for port 443',
    CHECK_URL,
    true,
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, "the broker's name could not be resolved", CHECK_URL, false],
  [/^ECONNREFUSED$/, 'the broker refused the connection', CHECK_URL, false],
  [/^(ECONNRESET|EPIPE)$/, 'the broker reset the connection', CHECK_URL, false],
  [/SSL|TLS|EPROTO/, 'no TLS connection to the broker could be established', CHECK_URL, false],
];

export function connackRefused(returnCode: number): FailedAttempt {
  const why = RETURN_CODES[returnCode] ?? 'it gives an unknown reason';
  return {
    reason: `the broker answered with CONNACK code ${returnCode}: ${why}`,
    advice: CHECK_AGENT,
    isFinal: returnCode === 1,
  };
}

/** The meaning of a socket's error, without its message, which may quote what a server sent. */
export function socketFailed(error: unknown): FailedAttempt {
  const code = errorCode(error);
  const problem = certificateProblem(code, { host: CHECK_URL, authority: CHECK_CA });
  if (problem !== undefined) {
    const { says, advice } = problem;
    return { reason: `the broker's certificate ${says} (${code})`, advice, isFinal: true };
  }
  const [, reason = 'the connection to the broker failed', advice = CHECK_URL, isFinal = false] =
    MEANINGS.find(([pattern]) => pattern.test(code)) ?? [];
  return { reason: `${reason} (${code})`, advice, isFinal };
}

export function connectionClosed(): FailedAttempt {
  const reason = 'the broker closed the connection before it answered CONNECT';
  return { reason, advice: CHECK_AGENT, isFinal: false };
}

export function notMqtt(): FailedAttempt {
  const reason = 'the server at that address does not speak MQTT';
  return { reason, advice: CHECK_URL, isFinal: true };
}

/** `missing` says what did not happen, `cause` why the wait ended: by the attempt's timeout or not. */
export function timedOut(missing: string, cause: unknown): FailedAttempt {
  const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = `${missing} ${isTimeout ? 'within 10 s' : 'before the time limit'}`;
  return { reason, advice: CHECK_URL, isFinal: false, isInterrupted: !isTimeout };
}

/** `variable` is the environment variable that sets the proxy. */
export function proxyFailed(error: ProxyError, variable: string | undefined): FailedAttempt {
  const { status, isFinal } = error;
  const reason = `the proxy in ${variable} ${error.reason}`;
  const isRefused = isFinal && status !== undefined && status !== 407;
  const port = 'Many proxies allow only port 443, on which the broker also accepts connections.';
  return { reason, advice: isRefused ? port : error.advice, isFinal };
}

/** The runner's TLS can't use the private key or the certificate. */
export function unusableCertificate(error: unknown): FailedAttempt {
  const reason = `the agent's private key and certificate can't be used for TLS (${errorCode(error)})`;
  return { reason, advice: 'Ask the support of Insights Hub why it issued them.', isFinal: true };
}
