import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ProxyOptions {
  /** the status that every CONNECT is answered with, in place of a tunnel */
  readonly refuse?: number;
  /** how often it refuses; always, when not given */
  readonly times?: number;
  /** the status that a tunnel is opened with; 200 if not given */
  readonly opensWith?: number;
  /** a key and certificate of its own, with which it speaks TLS */
  readonly tls?: { readonly privateKey: string; readonly certificate: string };
  /** whether CONNECT is never answered */
  readonly silent?: boolean;
  /** hosts that only this proxy knows: where they really are, as `host:port` */
  readonly hosts?: Readonly<Record<string, string>>;
}

/** An HTTP proxy on a loopback port that makes tunnels and remembers where to. */
export class TestProxy {
  readonly connects: string[] = [];
  readonly authorizations: (string | undefined)[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: ProxyOptions) {
    const refuseRequest = (_: IncomingMessage, response: ServerResponse) => {
      response.writeHead(405).end();
    };
    this.#server = options.tls
      ? createTlsServer(
          { key: options.tls.privateKey, cert: options.tls.certificate },
          refuseRequest,
        )
      : createServer(refuseRequest);
    this.#server.on('connect', (request, client: Socket) => {
      const target = request.url ?? '';
      this.connects.push(target);
      this.authorizations.push(request.headers['proxy-authorization']);
      this.#track(client);
      if (options.silent) return;
      const { refuse, times = Number.POSITIVE_INFINITY } = options;
      if (refuse !== undefined && this.connects.length <= times) {
        client.end(`HTTP/1.1 ${refuse} Refused\r\n\r\n`);
        return;
      }
      const [host = '', port = ''] = (options.hosts?.[target] ?? target).split(':');
      const upstream = connect(Number(port), host, () => {
        client.write(`HTTP/1.1 ${options.opensWith ?? 200} Open\r\n\r\n`);
        upstream.pipe(client).pipe(upstream);
      });
      this.#track(upstream);
    });
  }

  static async start(options: ProxyOptions = {}): Promise<TestProxy> {
    const proxy = new TestProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
  }
}
