import { errorCode } from '../failure.ts';
import { certificateProblem } from '../http/certificate-problems.ts';
import type { ProxyError, Trouble } from '../http/errors.ts';

/** Why one attempt to connect failed. */
export interface FailedAttempt extends Trouble {
  /** whether the attempt was cut short, so that the failure of an earlier one says more */
  readonly isInterrupted?: boolean;
}

const CHECK_CA =
  "Check `broker-url`. For a broker with a CA of its own, set `broker-ca-file` to that CA's certificate.";
const CHECK_AGENT =
  'Check that the agent is still there and that `broker-url` is the broker of its tenant.';
const CHECK_URL = 'Check `broker-url`, and that the runner may reach that host and port.';

/** The return codes of CONNACK that refuse a connection (MQTT 3.1.1, table 3.1). */
const RETURN_CODES: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it refuses the client id',
  3: 'it is not available for MQTT',
  4: 'it refuses the user name or password, of which there are none',
  5: 'it does not authorise this certificate for this client id',
};

/** What the codes of sockets and TLS mean: reason, advice, `isFinal`. The first match holds. */
const MEANINGS: readonly (readonly [RegExp, string, string, boolean])[] = [
  [
    /ALERT.*CERT|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|ALERT_DECRYPT/,
    "the broker refused the agent's certificate",
    CHECK_AGENT,
    false,
  ],
  [
    /NO_APPLICATION_PROTOCOL/,
    'the broker does not know the protocol that port 443 asks for',
    CHECK_URL,
    true,
  ],
  [/^(ENOTFOUND|EAI_AGAIN)$/, "the broker's name could not be resolved", CHECK_URL, false],
  [/^ECONNREFUSED$/, 'the broker refused the connection', CHECK_URL, false],
  [/^(ECONNRESET|EPIPE)$/, 'the broker reset the connection', CHECK_URL, false],
  [/SSL|TLS|EPROTO/, 'no TLS connection to the broker could be made', CHECK_URL, false],
];

export function connackRefused(returnCode: number): FailedAttempt {
  const why = RETURN_CODES[returnCode] ?? 'it gives an unknown reason';
  return {
    reason: `the broker answered CONNACK with code ${returnCode}: ${why}`,
    advice: CHECK_AGENT,
    isFinal: returnCode === 1,
  };
}

/** What a socket's error means. Its message is not repeated: it may quote what a server sent. */
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
  const reason = 'what answers there does not speak MQTT';
  return { reason, advice: CHECK_URL, isFinal: true };
}

/** `missing` says what did not come, `cause` why waiting ended: the attempt's timeout or not. */
export function timedOut(missing: string, cause: unknown): FailedAttempt {
  const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = `${missing} ${isTimeout ? 'within 10 s' : 'before the time was up'}`;
  return { reason, advice: CHECK_URL, isFinal: false, isInterrupted: !isTimeout };
}

/** `variable` is the one that names the proxy. */
export function proxyFailed(error: ProxyError, variable: string | undefined): FailedAttempt {
  const { status, isFinal } = error;
  const reason = `the proxy that ${variable} names ${error.reason}`;
  const isRefused = isFinal && status !== undefined && status !== 407;
  const port = 'Many proxies let only port 443 through: the broker answers there too.';
  return { reason, advice: isRefused ? port : error.advice, isFinal };
}

/** TLS on this machine can't use the key or the certificate. */
export function unusableCertificate(error: unknown): FailedAttempt {
  const reason = `TLS can't be done with the agent's key and certificate (${errorCode(error)})`;
  return { reason, advice: 'Ask whoever runs Insights Hub why it issued them.', isFinal: true };
}
