import { VERSION } from '../version.ts';
import { type AttemptReport, HttpClient } from './client.ts';
import type { EarlyConnections } from './early.ts';
import type { ProxySettings } from './proxy.ts';

/** The time that one attempt of a call may take, in milliseconds. */
const ATTEMPT_TIMEOUT = 30_000;

/**
 * The HTTP client of a step; each attempt is told to the debug log, without what it carried. It uses
 * the connections that were opened ahead first.
 */
export function openHttp(
  proxies: ProxySettings,
  debug: (line: string) => void,
  early?: EarlyConnections,
): HttpClient {
  return new HttpClient({
    proxies,
    userAgent: `insights-hub-agent-certificate/${VERSION}`,
    attemptTimeout: ATTEMPT_TIMEOUT,
    onAttempt: (report) => debug(attemptLine(report)),
    early,
  });
}

/** E.g. `POST https://…/token: HTTP 503, attempt 2, 31 ms, reference 5f0c…`. */
export function attemptLine(report: AttemptReport): string {
  const { method, url, outcome, attempt, milliseconds } = report;
  const references = report.references.map((reference) => `, reference ${reference}`).join('');
  return `${method} ${url.origin}${url.pathname}: ${outcome}, attempt ${attempt}, ${milliseconds} ms${references}`;
}
