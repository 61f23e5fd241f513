import { errorCode } from '../failure.ts';

/** Why one attempt to connect came to nothing. */
export interface Refusal {
  /** follows a colon */
  readonly reason: string;
  /** what to do about it, a sentence; empty where the reason says it */
  readonly advice: string;
  /** whether another attempt would come to the same */
  readonly isFinal: boolean;
  /** whether the attempt was cut off, so that an earlier refusal says more */
  readonly isCut?: boolean;
}

const CHECK_CA =
  "Check `broker-url`. For a broker with a CA of its own, set `broker-ca-file` to that CA's certificate.";
const CHECK_AGENT =
  'Check that the agent is still there and that `broker-url` is the broker of its tenant.';

/** The return codes of CONNACK (MQTT 3.1.1, table 3.1) but 0. */
const CONNACK: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it refuses the client id',
  3: 'it is not available for MQTT',
  4: 'it refuses the user name or password, of which there are none',
  5: 'it does not authorise this certificate for this client id',
};

export function connackRefusal(code: number): Refusal {
  const why = CONNACK[code] ?? 'it gives an unknown reason';
  return {
    reason: `the broker answered CONNACK with code ${code}: ${why}`,
    advice: CHECK_AGENT,
    isFinal: code === 1,
  };
}

/** What a socket's error means; its message is not repeated. */
export function socketRefusal(error: unknown): Refusal {
  const code = errorCode(error);
  if (/ALERT.*CERT|ALERT_UNKNOWN_CA|ALERT_ACCESS_DENIED|ALERT_DECRYPT/.test(code)) {
    return {
      reason: `the broker refused the agent's certificate (${code})`,
      advice: CHECK_AGENT,
      isFinal: false,
    };
  }
  if (/ALTNAME/.test(code)) {
    return final(`the broker's certificate is for another host (${code})`, CHECK_CA);
  }
  if (/HAS_EXPIRED|NOT_YET_VALID/.test(code)) {
    return final(
      `the broker's certificate is not valid now (${code})`,
      "Check the runner's clock, and tell whoever runs the broker.",
    );
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return final(`the broker's certificate is not trusted (${code})`, CHECK_CA);
  }
  if (/NO_APPLICATION_PROTOCOL/.test(code)) {
    return final(
      `the broker does not know the protocol that port 443 asks for (${code})`,
      CHECK_URL,
    );
  }
  return { reason: `${network(code)} (${code})`, advice: CHECK_URL, isFinal: false };
}

const CHECK_URL = 'Check `broker-url`, and that the runner may reach that host and port.';

function network(code: string): string {
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return "the broker's name could not be resolved";
  if (code === 'ECONNREFUSED') return 'the broker refused the connection';
  if (/^(ECONNRESET|EPIPE)$/.test(code)) return 'the broker reset the connection';
  if (/SSL|TLS|EPROTO/.test(code)) return 'no TLS connection to the broker could be made';
  return 'the connection to the broker failed';
}

export function closed(): Refusal {
  return {
    reason: 'the broker closed the connection before it answered CONNECT',
    advice: CHECK_AGENT,
    isFinal: false,
  };
}

/** `why` is what ended the waiting: a time-out of the attempt, or something else. */
export function silent(missing: string, why: unknown): Refusal {
  const isTimeout = why instanceof Error && why.name === 'TimeoutError';
  const when = isTimeout ? 'within 10 s' : 'before the time was up';
  return { reason: `${missing} ${when}`, advice: CHECK_URL, isFinal: false, isCut: !isTimeout };
}

export function noMqtt(): Refusal {
  return final('what answers there does not speak MQTT', CHECK_URL);
}

/** `why` names the proxy and what is wrong with it; `status` is what it answered, if it did. */
export function proxyRefusal(why: string, status: number | undefined): Refusal {
  const isPassing = status === undefined || status === 408 || status === 429 || status >= 500;
  const advice = isPassing
    ? 'Check that variable, and NO_PROXY for hosts that are reached directly.'
    : 'Many proxies let only port 443 through: the broker answers there too.';
  return { reason: why, advice, isFinal: !isPassing };
}

/** The key or certificate can't be used for TLS on this machine. */
export function unusable(error: unknown): Refusal {
  return final(
    `TLS can't be done with the agent's key and certificate (${errorCode(error)})`,
    'Ask whoever runs Insights Hub why it issued them.',
  );
}

function final(reason: string, advice: string): Refusal {
  return { reason, advice, isFinal: true };
}
