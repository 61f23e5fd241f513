import { VERSION } from '../version.ts';
import { HttpClient } from './client.ts';
import type { ProxySettings } from './proxy.ts';

/** The time that one attempt of a call may take, in milliseconds. */
const ATTEMPT_TIMEOUT = 30_000;

/** The HTTP client of a step; each attempt is told to the debug log, without what it carried. */
export function openHttp(proxies: ProxySettings, debug: (line: string) => void): HttpClient {
  return new HttpClient({
    proxies,
    userAgent: `insights-hub-agent-certificate/${VERSION}`,
    attemptTimeout: ATTEMPT_TIMEOUT,
    onAttempt: ({ method, url, outcome, milliseconds }) =>
      debug(`${method} ${url.origin}${url.pathname}: ${outcome} (${milliseconds} ms)`),
  });
}
