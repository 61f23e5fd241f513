import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { SecureVersion } from 'node:tls';
import type { Fault, OrderedFault } from './faults.ts';
import { sendOddly } from './odd-answers.ts';

/** A request as the service received it. */
export interface SeenRequest<Endpoint> {
  readonly endpoint: Endpoint | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A key and certificate for a server with TLS, as PEM. */
export interface ServerIdentity {
  readonly privateKey: string;
  readonly certificate: string;
  /** the oldest TLS version to accept; defaults to Node's */
  readonly minVersion?: SecureVersion;
}

/**
 * How long an idle connection stays open, in milliseconds: longer than any test, so that tests
 * notice an action that waits for its connections to close.
 */
const KEEP_ALIVE = 120_000;

/**
 * A service of the sandbox, on a loopback port. It records every request, and makes calls fail when
 * a test or the demo asks for it.
 */
export abstract class EmbeddedServer<Endpoint extends string> {
  readonly requests: SeenRequest<Endpoint>[] = [];
  /** the requests that were processed, with their replies */
  readonly replies: (SeenRequest<Endpoint> & { readonly reply: Reply })[] = [];
  readonly faults: OrderedFault[] = [];
  /** called for every request as soon as it has arrived */
  onRequest: (request: SeenRequest<Endpoint>) => void = () => {};
  readonly #server: Server;
  readonly #scheme: 'http' | 'https';
  readonly #sockets = new Set<Socket>();
  #port = 0;

  constructor(tls?: ServerIdentity) {
    const listener = (request: IncomingMessage, response: ServerResponse) => {
      this.#serve(request, response).catch(() => response.destroy());
    };
    this.#scheme = tls ? 'https' : 'http';
    this.#server = tls ? createTlsServer(tlsOptions(tls), listener) : createServer(listener);
    this.#server.keepAliveTimeout = KEEP_ALIVE;
    this.#server.on(tls ? 'secureConnection' : 'connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  protected async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    // Remembered, because a server that is down no longer has a port.
    this.#port = (this.#server.address() as AddressInfo).port;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get origin(): string {
    return `${this.#scheme}://127.0.0.1:${this.#port}`;
  }

  /** The requests to one endpoint. */
  seen(endpoint: Endpoint): readonly SeenRequest<Endpoint>[] {
    return this.requests.filter((request) => request.endpoint === endpoint);
  }

  protected abstract endpointOf(method: string, path: string): Endpoint | undefined;
  protected abstract process(
    seen: SeenRequest<Endpoint>,
    fault: Fault | undefined,
  ): Reply | Promise<Reply>;
  /** An error response, with the wording that the service uses for this endpoint. */
  protected abstract errorReply(status: number, endpoint: Endpoint | undefined): Reply;

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = request;
    const endpoint = this.endpointOf(method, path);
    const seen = { endpoint, method, path, headers, body: Buffer.concat(chunks).toString() };
    this.requests.push(seen);
    this.onRequest(seen);
    const fault = this.#faultFor(endpoint);
    if (fault !== undefined && this.#insteadOfProcessing(fault, seen, response)) return;
    if (fault?.kind === 'delay') await delay(fault.milliseconds);
    if (fault?.kind === 'hold') await fault.until;
    const processed = await this.process(seen, fault);
    const reply = fault?.kind === 'change' ? change(processed, fault.change) : processed;
    this.replies.push({ ...seen, reply });
    if (fault !== undefined && this.#afterProcessing(fault, seen, reply, response)) return;
    send(response, reply);
  }

  #faultFor(endpoint: Endpoint | undefined): Fault | undefined {
    const index = this.faults.findIndex(({ at, after = 0 }) => at === endpoint && after === 0);
    for (const [position, ordered] of this.faults.entries()) {
      const { at, after = 0 } = ordered;
      if (at === endpoint && after > 0) this.faults[position] = { ...ordered, after: after - 1 };
    }
    const ordered = this.faults[index];
    if (ordered?.times === undefined) return ordered?.fault;
    if (ordered.times <= 1) this.faults.splice(index, 1);
    else this.faults[index] = { ...ordered, times: ordered.times - 1 };
    return ordered.fault;
  }

  /** Handles the faults that replace the processing; returns whether this was one. */
  #insteadOfProcessing(
    fault: Fault,
    seen: SeenRequest<Endpoint>,
    response: ServerResponse,
  ): boolean {
    switch (fault.kind) {
      case 'silence':
        return true;
      case 'reset-before':
        response.socket?.resetAndDestroy();
        return true;
      case 'status': {
        const { status, headers } = fault;
        const retry = status === 429 && headers === undefined ? { 'retry-after': '1' } : headers;
        const reply = this.errorReply(status, seen.endpoint);
        send(response, { ...reply, headers: { ...reply.headers, ...retry } });
        return true;
      }
      case 'html': {
        const body = '<!DOCTYPE html><html><body><h1>Sign in</h1></body></html>';
        send(response, { status: fault.status ?? 200, type: 'text/html', body });
        return true;
      }
      case 'redirect':
        send(response, {
          status: 307,
          type: 'text/plain',
          body: '',
          headers: { location: fault.location },
        });
        return true;
      case 'body':
        send(response, { status: fault.status ?? 200, type: 'application/json', body: fault.body });
        return true;
      case 'echo':
        send(response, { status: fault.status, type: 'application/json', body: echoOf(seen) });
        return true;
      case 'reply':
        send(response, fault.reply(seen));
        return true;
      default:
        return false;
    }
  }

  /** Handles the faults that strike after the processing; returns whether this was one. */
  #afterProcessing(
    fault: Fault,
    seen: SeenRequest<Endpoint>,
    answer: Reply,
    response: ServerResponse,
  ): boolean {
    switch (fault.kind) {
      case 'silence-after':
        return true;
      case 'reset-after':
        response.socket?.resetAndDestroy();
        return true;
      case 'cut-off':
        begin(response, answer, () => response.socket?.resetAndDestroy());
        return true;
      case 'stall':
        begin(response, answer, () => {});
        return true;
      case 'trickle': {
        const rest = answer.body.slice(answer.body.length / 2);
        begin(response, answer, () => setTimeout(() => response.end(rest), fault.milliseconds));
        return true;
      }
      case 'half':
        send(response, { ...answer, body: answer.body.slice(0, answer.body.length / 2) });
        return true;
      case 'down':
        this.#server.close();
        for (const socket of this.#sockets) if (socket !== response.socket) socket.destroy();
        if (fault.answers) send(response, { ...answer, headers: { connection: 'close' } });
        else response.socket?.resetAndDestroy();
        return true;
      case 'status-after': {
        const { status, headers } = fault;
        const reply = this.errorReply(status, seen.endpoint);
        send(response, { ...reply, headers: { ...reply.headers, ...headers } });
        return true;
      }
      case 'reply-after':
        send(response, fault.reply(seen));
        return true;
      default:
        return sendOddly(response, answer, fault);
    }
  }
}

function tlsOptions({ privateKey: key, certificate: cert, minVersion }: ServerIdentity) {
  return { key, cert, ...(minVersion && { minVersion }) };
}

function send(response: ServerResponse, { status, type, body, headers }: Reply): void {
  // A 204 has neither a content type nor a body.
  const content =
    status === 204 ? {} : { 'content-type': type, 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, { ...content, ...headers }).end(body);
}

/** Sends the headers of a response and half of its body. */
function begin(response: ServerResponse, { status, type, body }: Reply, onSent: () => void): void {
  response.writeHead(status, { 'content-type': type, 'content-length': body.length });
  response.write(body.slice(0, body.length / 2), onSent);
}

/** Changes the content of a JSON response, unless it is an error. */
function change(reply: Reply, to: (answer: Readonly<Record<string, unknown>>) => unknown): Reply {
  if (reply.status >= 300 || reply.body === '') return reply;
  return { ...reply, body: JSON.stringify(to(JSON.parse(reply.body))) ?? '' };
}

/**
 * An error that repeats the request's secrets in every encoding that tools use, and that tries to
 * inject workflow commands.
 */
function echoOf({ headers, body }: SeenRequest<string>): string {
  const credential = `${headers.authorization ?? headers['x-space-auth-key']}`;
  const bare = credential.replace(/^\w+ /, '');
  const decoded = credential.startsWith('Basic') ? Buffer.from(bare, 'base64').toString() : bare;
  const message = [
    `\n::warning::owned ##[error]owned\n::add-mask::the\n`,
    ...[credential, bare, decoded, encodeURIComponent(decoded), JSON.stringify(credential)],
    ...[Buffer.from(bare).toString('base64'), body, '\u001b[31m', 'x'.repeat(500)],
  ].join(' ');
  return JSON.stringify({
    errors: [{ code: `code\n::error::${bare}`, logref: bare.slice(0, 2000), message }],
  });
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
