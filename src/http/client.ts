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

/** How long an idle connection stays open, in milliseconds, unless the server closes it earlier. */
const IDLE = 4_000;

/** The maximum size of an answer's headers, in bytes; Node's default is 16 KiB. */
const LARGEST_HEADERS = 64 * 1024;

/** Headers in which services and their gateways identify an exchange. */
const REFERENCE_HEADER = /^x-(?:request-id|correlation-id|amzn-requestid|github-request-id)$/;
/** The form of such an id, which could not be a sentence, a command or an escape. */
const REFERENCE = /^\w[\w.:-]{0,63}$/;

/** The same for a success: before its body is parsed, the keys in it are not known. */
const SUCCESS_REFERENCE = /^\w(?:[\w.:-]{0,14}|[\da-f-]{0,35})$/;

export interface HttpOptions {
  readonly proxies: ProxySettings;
  /** Gets a line for each attempt, without its content. */
  readonly debug: (line: string) => void;
  /** used first if there is no proxy; closed with the client */
  readonly preconnections?: Preconnections | undefined;
  /** the time that one attempt may take, in milliseconds; 30 s by default */
  readonly attemptTimeout?: number;
}

/** Sends all HTTP, with limits on time and size. Follows no redirects and verifies TLS. */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #closing = new AbortController();
  readonly #agents = new Map<string, HttpAgent>();

  constructor(options: HttpOptions) {
    this.#options = options;
  }

  /**
   * Makes one attempt and returns the answer, whatever its status. `tries` counts from 1. Throws
   * `unavailable` if no complete answer came, and `response-invalid` for a success that can't be used.
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

  /** Closes all connections, including those that are still being opened. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#closing.abort();
    this.#options.preconnections?.close();
  }

  #begin({ method, url, headers }: HttpRequest, proxy: HttpProxy | undefined): ClientRequest {
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      agent: this.#agentFor(url, proxy),
      method,
      // Other codings are supported but not needed.
      headers: { 'user-agent': USER_AGENT, 'accept-encoding': 'identity', ...revealAll(headers) },
      maxHeaderSize: LARGEST_HEADERS,
    });
    // Node would drop headers after the first 2,000.
    request.maxHeadersCount = 0;
    return request;
  }

  /** The agent that keeps the connections to a URL's origin. */
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

  /** Connects through the proxy, or uses a connection that was opened ahead, or opens a new one. */
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

/** The service's ids of an exchange, for which its support asks. */
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
