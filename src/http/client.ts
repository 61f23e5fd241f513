import { type ClientRequest, Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Socket } from 'node:net';
import { Failure } from '../failure.ts';
import { USER_AGENT } from '../version.ts';
import { Attempt, type HttpRequest, type Until } from './attempt.ts';
import { startConnecting, whenOpen } from './connect.ts';
import { type Answer, isSuccess } from './errors.ts';
import type { Preconnections } from './preconnect.ts';
import { type HttpProxy, type ProxySettings, portOf, proxyFor } from './proxy.ts';
import { openTunnel } from './tunnel.ts';

export type { Authorization, HttpRequest, Until } from './attempt.ts';

/** The time that one attempt may take, in milliseconds. */
const ATTEMPT_TIMEOUT = 30_000;

/** An idle connection is kept for so long, in milliseconds, unless the server closes it earlier. */
const IDLE = 4_000;

/** All headers of an answer together, in bytes; Node's own limit is 16 KiB. */
const LARGEST_HEADERS = 64 * 1024;

/** Headers in which services, and what stands before them, name an exchange. */
const REFERENCE_HEADER = /^x-(?:request-id|correlation-id|amzn-requestid|github-request-id)$/;
/** What such a name looks like: nothing that could be a sentence, a command or an escape. */
const REFERENCE = /^\w[\w.:-]{0,63}$/;

/** The same of a success: before that is read, nobody knows which keys it holds. */
const SUCCESS_REFERENCE = /^\w(?:[\w.:-]{0,14}|[\da-f-]{0,35})$/;

export interface HttpOptions {
  readonly proxies: ProxySettings;
  /** Gets a line for each attempt, without what it carried. */
  readonly debug: (line: string) => void;
  /** used first where there is no proxy; closed with the client */
  readonly preconnections?: Preconnections | undefined;
  /** the time that one attempt may take, in milliseconds; 30 s if not given */
  readonly attemptTimeout?: number;
}

/** All HTTP, with limits on time and size. Redirects are not followed, TLS is verified. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #closing = new AbortController();
  readonly #agents = new Map<string, HttpAgent>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /**
   * Makes one attempt, and returns the answer, whatever its status. `tries` counts from 1. Throws
   * `unavailable` when no whole answer came, and `response-invalid` for a success that is too large;
   * `Failure.mayBeDone` says whether any of the request may have reached the server.
   */
  async send(request: HttpRequest, until: Until, tries = 1): Promise<Answer> {
    const { method, url, service } = request;
    const { proxies, debug, attemptTimeout = ATTEMPT_TIMEOUT } = this.#options;
    const started = performance.now();
    const proxy = proxyFor(url, proxies);
    const attempt = new Attempt(request, until, attemptTimeout, proxy);
    if (!attempt.isOver) attempt.send(() => this.#begin(request, proxy));
    const result = await attempt.result;
    const time = Math.round(performance.now() - started);
    const outcome = result instanceof Failure ? result.call?.reason : `HTTP ${result.status}`;
    debug(
      `${method} ${url.origin}${url.pathname}: ${outcome}, attempt ${tries}, ${time} ms${referencesOf(service, result)}`,
    );
    if (result instanceof Failure) throw result;
    return result;
  }

  /** Closes every connection, also those that are still being made. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#closing.abort();
    this.#options.preconnections?.close();
  }

  #begin({ method, url, headers }: HttpRequest, proxy: HttpProxy | undefined): ClientRequest {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      agent: this.#agentFor(url, proxy),
      method,
      // Other codings are understood, and none is needed.
      headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...revealAll(headers) },
      maxHeaderSize: LARGEST_HEADERS,
    });
    // Node would drop those after the first 2,000.
    request.maxHeadersCount = 0;
    return request;
  }

  /** Keeps the connections to one origin. */
  #agentFor(url: URL, proxy: HttpProxy | undefined): HttpAgent {
    const known = this.#agents.get(url.origin);
    if (known !== undefined) return known;
    const Agent = url.protocol === 'https:' ? HttpsAgent : HttpAgent;
    const agent = Object.assign(new Agent({ keepAlive: true, timeout: IDLE }), {
      createConnection: (_: object, callback: (error: Error | null, socket?: Socket) => void) => {
        this.#connect(url, proxy).then((socket) => callback(null, socket), callback);
      },
    });
    this.#agents.set(url.origin, agent);
    return agent;
  }

  /** Connects through the proxy, or takes a connection that was opened ahead, or makes a new one. */
  async #connect(url: URL, proxy: HttpProxy | undefined): Promise<Socket> {
    const { preconnections, attemptTimeout = ATTEMPT_TIMEOUT } = this.#options;
    const { signal } = this.#closing;
    if (proxy === undefined) {
      const ready = await preconnections?.take(url.origin);
      if (ready !== undefined) return ready.resume();
    }
    const authority = `${url.hostname}:${portOf(url)}`;
    const tunnel = proxy && (await openTunnel(proxy, authority, signal));
    return whenOpen(startConnecting(url, { signal, tunnel }), attemptTimeout);
  }
}

function revealAll(headers: HttpRequest['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : `${value.scheme} ${value.secret.reveal()}`,
    ]),
  );
}

/** How the service calls an exchange in its own log, which its support asks for. */
function referencesOf({ readError }: HttpRequest['service'], result: Answer | Failure): string {
  if (result instanceof Failure) return '';
  const pattern = isSuccess(result) ? SUCCESS_REFERENCE : REFERENCE;
  const named = Object.entries(result.headers)
    .filter(([name]) => REFERENCE_HEADER.test(name))
    .flatMap(([, value]) => value ?? []);
  const { reference = '' } = result.status >= 400 ? readError(result) : {};
  const known = [...named, reference].filter((value) => pattern.test(value));
  return [...new Set(known)].map((value) => `, reference ${value}`).join('');
}
