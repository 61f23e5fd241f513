import { Socket } from 'node:net';
import type { Secret } from '../secret.ts';
import { attempt } from './attempt.ts';
import { type EarlyConnections, withEarly } from './early.ts';
import type { Exchange } from './exchange.ts';
import { explainNetworkError, explainProxyError, ProxyError } from './network-error.ts';
import { type HttpProxy, type ProxySettings, proxyFor } from './proxy.ts';
import { referencesOf } from './references.ts';
import { turns } from './turns.ts';
import { Agent, buildConnector, connect, type Dispatcher, Pool, ProxyAgent } from './undici.ts';

/** The largest answer that is read, in bytes. */
const LARGEST_ANSWER = 1024 * 1024;

/** The attempt's own time limit rules: undici's must not end it earlier. */
const LIMITS = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: LARGEST_ANSWER };

/** Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED can't switch verification off. */
const TLS = { rejectUnauthorized: true };

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | Authorization>>;
  readonly body?: string;
  /** Finds in the body of a refusal what its service keeps in its own log. */
  readonly readReference?: (body: string) => string | undefined;
}

/** The value of a header that proves who is calling, e.g. `Bearer …`. */
export interface Authorization {
  readonly scheme: 'Basic' | 'Bearer';
  readonly secret: Secret;
}

/** One attempt, as it is told to a debug log. */
export interface AttemptReport {
  readonly method: string;
  readonly url: URL;
  readonly outcome: string;
  readonly milliseconds: number;
  /** from 1: how often the same was asked for */
  readonly attempt: number;
  /** how the service calls the exchange in its own log; raw */
  readonly references: readonly string[];
}

export interface HttpOptions {
  readonly proxies: ProxySettings;
  readonly userAgent: string;
  /** Time that one attempt may take, in milliseconds. */
  readonly attemptTimeout: number;
  readonly onAttempt: (report: AttemptReport) => void;
  /** What may have been opened already, where no proxy is in between. Ended with the rest. */
  readonly early?: EarlyConnections | undefined;
}

/**
 * All HTTP of the project: one pool of connections, through the proxies of the environment, with a
 * time limit for each attempt and a size limit for answers. Redirects are not followed, TLS is
 * verified.
 */
export class HttpClient {
  readonly #options: HttpOptions;
  readonly #turn = turns();
  readonly #sockets = new Set<Socket>();
  readonly #direct: buildConnector.connector;
  readonly #dispatchers = new Map<string | undefined, Dispatcher>();

  constructor(options: HttpOptions) {
    this.#options = options;
    const connector = buildConnector({ ...TLS, timeout: options.attemptTimeout });
    const tracked = this.#tracked(connector);
    this.#direct = options.early === undefined ? tracked : withEarly(options.early, tracked);
  }

  /**
   * Makes one attempt; never throws. Ends early, as without an answer, when the signal aborts; from
   * the time that the request is sent, only when the second one does.
   */
  async send(
    request: HttpRequest,
    signal: AbortSignal,
    sentSignal: AbortSignal = signal,
    attempt = 1,
  ): Promise<Exchange> {
    const started = performance.now();
    const exchange = await this.#attempt(request, signal, sentSignal);
    this.#options.onAttempt({
      method: request.method,
      url: request.url,
      outcome: exchange.kind === 'answer' ? `HTTP ${exchange.status}` : exchange.reason,
      milliseconds: Math.round(performance.now() - started),
      attempt,
      references: referencesOf(exchange, request.readReference),
    });
    await this.#turn();
    return exchange;
  }

  /** Ends every connection, also those that are still being made. */
  close(): void {
    // Not waited for: undici waits for ever for a tunnel's end that has no connection any more.
    for (const dispatcher of this.#dispatchers.values()) void dispatcher.destroy();
    for (const socket of this.#sockets) socket.destroy();
    this.#options.early?.close();
  }

  #attempt(request: HttpRequest, signal: AbortSignal, sentSignal: AbortSignal): Promise<Exchange> {
    const { attemptTimeout: timeout, proxies, userAgent } = this.#options;
    const { url, method, headers, body = null } = request;
    const proxy = proxyFor(url, proxies);
    return attempt(
      this.#dispatcherFor(proxy),
      {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: { 'user-agent': userAgent, ...revealAll(headers) },
        body,
      },
      { signal, sentSignal, timeout },
      (error) => explainNetworkError(error, url.host, proxy),
    );
  }

  /** One pool for each way out: directly, and through each proxy. Made when first used. */
  #dispatcherFor(proxy: HttpProxy | undefined): Dispatcher {
    const known = this.#dispatchers.get(proxy?.url);
    if (known !== undefined) return known;
    const dispatcher =
      proxy === undefined ? new Agent({ ...LIMITS, connect: this.#direct }) : this.#through(proxy);
    this.#dispatchers.set(proxy?.url, dispatcher);
    return dispatcher;
  }

  #through(proxy: HttpProxy): Dispatcher {
    return new ProxyAgent({
      ...LIMITS,
      uri: proxy.url,
      proxyTls: TLS,
      requestTls: TLS,
      clientFactory: (origin, options) => {
        const { connect: connector } = options as { readonly connect: buildConnector.connector };
        return new ProxyPool(origin, { ...options, connect: this.#tracked(connector) });
      },
    });
  }

  /** Remembers sockets, because undici lets those go on that are connecting when it is closed. */
  #tracked(connector: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      const socket: unknown = connector(options, callback);
      if (socket instanceof Socket) {
        this.#sockets.add(socket);
        socket.once('close', () => this.#sockets.delete(socket));
      }
    };
  }
}

/** Connections to a proxy: what goes wrong on the way to the tunnel is the proxy's fault. */
class ProxyPool extends Pool {
  // biome-ignore lint/suspicious/noExplicitAny: the base class overloads this with callbacks
  override connect(options: any): any {
    return this.#tunnel(options);
  }

  async #tunnel(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData> {
    const answer = await connect.call(this, options).catch((error: unknown) => {
      throw new ProxyError(explainProxyError(error), { cause: error });
    });
    if (answer.statusCode === 200) return answer;
    answer.socket.on('error', () => {}).destroy();
    throw new ProxyError(`answered with status ${answer.statusCode}`);
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
