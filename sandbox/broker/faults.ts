/** CONNACK codes of a refusal: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/, table 3.1. */
export type Refusal = 1 | 2 | 3 | 4 | 5;

/**
 * How a connection to the broker fails. The kinds that end in `-before-tls` fail before the TLS
 * handshake, the next four present another server certificate, `alert` rejects the client's
 * certificate, and the others fail after the handshake.
 */
export type BrokerFault =
  | { readonly kind: 'silence-before-tls' }
  | { readonly kind: 'reset-before-tls' }
  | { readonly kind: 'foreign-authority' }
  | { readonly kind: 'expired-server' }
  | { readonly kind: 'early-server' }
  | { readonly kind: 'other-server' }
  /** the number of a TLS alert; defaults to unknown_ca */
  | { readonly kind: 'alert'; readonly alert?: number }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' }
  /** closes the connection on CONNECT */
  | { readonly kind: 'close' }
  /** waits for data, sends these bytes, and closes */
  | { readonly kind: 'answer'; readonly bytes: string | Uint8Array }
  | { readonly kind: 'connack'; readonly code: Refusal };

/** A fault, and the connections that it affects. */
export interface OrderedBrokerFault {
  readonly fault: BrokerFault;
  /** how many connections it affects; defaults to all of them */
  readonly times?: number;
}

/** What a web server sends to a client that doesn't speak HTTP. */
export const HTTP_ANSWER = [
  'HTTP/1.1 400 Bad Request',
  'Content-Type: text/html',
  'Connection: close',
  '',
  '<html><body><h1>400 Bad Request</h1></body></html>',
].join('\r\n');

const refusal = (code: Refusal, meaning: string) => ({
  fault: { kind: 'connack', code } as const,
  shows: `CONNACK ${code}: ${meaning}`,
});

/** The faults that the command line knows by name, with a description for the help text. */
export const namedBrokerFaults: Readonly<
  Record<string, { readonly fault: BrokerFault; readonly shows: string }>
> = {
  'connack-1': refusal(1, 'the protocol version is not supported'),
  'connack-2': refusal(2, 'the client id is not accepted'),
  'connack-3': refusal(3, 'the broker is unavailable'),
  'connack-4': refusal(4, 'bad user name or password'),
  'connack-5': refusal(5, 'not authorized'),
  'silence-before-tls': {
    fault: { kind: 'silence-before-tls' },
    shows: 'the broker never sends anything, not even in the TLS handshake',
  },
  'reset-before-tls': {
    fault: { kind: 'reset-before-tls' },
    shows: 'the connection breaks before the TLS handshake',
  },
  'foreign-authority': {
    fault: { kind: 'foreign-authority' },
    shows: "another CA issued the broker's certificate",
  },
  'expired-server': {
    fault: { kind: 'expired-server' },
    shows: "the broker's certificate has expired",
  },
  'early-server': {
    fault: { kind: 'early-server' },
    shows: "the broker's certificate is not valid yet",
  },
  'other-server': {
    fault: { kind: 'other-server' },
    shows: "the broker's certificate is for another name",
  },
  alert: {
    fault: { kind: 'alert' },
    shows: "the broker rejects the agent's certificate in the TLS handshake",
  },
  reset: { fault: { kind: 'reset' }, shows: 'the connection breaks after the TLS handshake' },
  silence: { fault: { kind: 'silence' }, shows: 'the broker never responds to CONNECT' },
  close: { fault: { kind: 'close' }, shows: 'the broker closes the connection on CONNECT' },
  http: {
    fault: { kind: 'answer', bytes: HTTP_ANSWER },
    shows: 'a web server responds',
  },
  garbage: {
    fault: { kind: 'answer', bytes: new Uint8Array(64).fill(0xff) },
    shows: 'the response is not MQTT',
  },
};

/**
 * Parses `broker:FAULT` or `broker:FAULT:TIMES`, where FAULT is a name from the list. Returns
 * undefined for anything else.
 */
export function parseBrokerFault(text: string): OrderedBrokerFault | undefined {
  const [first, name = '', count = '1', ...others] = text.split(':');
  const fault = namedBrokerFaults[name]?.fault;
  if (first !== 'broker' || fault === undefined || others.length > 0) return undefined;
  return /^[1-9]\d*$/.test(count) ? { fault, times: Number(count) } : undefined;
}
