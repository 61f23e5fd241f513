import { errorCode } from '../failure.ts';
import type { HttpProxy } from './proxy.ts';

/** A connection to the proxy, or through it, that was not made. */
export class ProxyError extends Error {
  readonly reason: string;
  /** what the proxy answered, if it did */
  readonly status: number | undefined;

  constructor(
    reason: string,
    options: { readonly cause?: unknown; readonly status?: number } = {},
  ) {
    super('no connection through the proxy', 'cause' in options ? { cause: options.cause } : {});
    this.status = options.status;
    this.name = 'ProxyError';
    this.reason = reason;
  }
}

/**
 * Says in plain words why no whole answer came. Error messages are not repeated: they may quote
 * what a server sent; their codes can't.
 */
export function explainNetworkError(error: unknown, host: string, proxy?: HttpProxy): string {
  if (error instanceof ProxyError) {
    const name = proxy === undefined ? 'the proxy' : `the proxy that ${proxy.variable} names`;
    return `${name} ${error.reason}; check that variable, and NO_PROXY for hosts that are reached directly`;
  }
  const code = errorCode(error);
  return `${reasonOf(code, host)} (${code})`;
}

/** Why a connection to the proxy failed, to follow the proxy's name in a sentence. */
export function explainProxyError(error: unknown): string {
  return `can't be reached (${errorCode(error)})`;
}

function reasonOf(code: string, host: string): string {
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name ${host} could not be resolved`;
    case 'ECONNREFUSED':
      return `${host} refused the connection`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `${host} closed the connection`;
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `${host} did not accept the connection in time`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `there is no network route to ${host}`;
  }
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return `the TLS certificate of ${host} is not trusted; for a company's own CA set NODE_EXTRA_CA_CERTS on the runner`;
  }
  if (/SSL|TLS/.test(code)) return `no TLS connection to ${host} could be made`;
  if (code.startsWith('HPE_')) return `${host} did not answer with HTTP`;
  return `the connection to ${host} failed`;
}
