import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { Aedes } from 'aedes';
import type { IConnectPacket } from 'mqtt-packet';
import type { InsightsHub } from '../insights-hub/insights-hub.ts';
import { admit, mayUseTopic } from './admission.ts';
import { rejectCertificate } from './alert.ts';
import { ServerCertificates } from './certificates.ts';
import { type BrokerFault, HTTP_ANSWER, type OrderedBrokerFault } from './faults.ts';
import { onDisconnect, readConnect } from './first-packet.ts';

const UNKNOWN_CA = 48;

export interface BrokerOptions {
  /** whose agents may connect */
  readonly hub: InsightsHub;
  /** the ALPN protocols to negotiate; clients that offer none get an answer from a web server */
  readonly alpn?: readonly string[];
  /** the address to listen on; defaults to 127.0.0.1 */
  readonly host?: string;
  /** the names in the broker's certificate; defaults to localhost and 127.0.0.1 */
  readonly names?: readonly string[];
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
  readonly faults?: readonly OrderedBrokerFault[];
}

/** A CONNECT that was received, and what TLS negotiated for it. */
export interface Connection {
  readonly clientId: string;
  readonly tls: string | undefined;
  readonly alpn: string | undefined;
  readonly servername: string | undefined;
  /** 4 is MQTT 3.1.1 */
  readonly protocolVersion: number | undefined;
  readonly clean: boolean | undefined;
  /** in seconds */
  readonly keepalive: number | undefined;
  readonly username: string | undefined;
  /** SHA-256 of the client's certificate */
  readonly fingerprint: string;
}

export interface Message {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: string;
}

/** An MQTT broker on a loopback port, for the agents of an embedded Insights Hub. */
export class Broker {
  /** every CONNECT, including those that were rejected */
  readonly connections: Connection[] = [];
  /** the messages that were accepted */
  readonly messages: Message[] = [];
  readonly subscriptions: Omit<Message, 'payload'>[] = [];
  /** the client ids that sent a DISCONNECT */
  readonly disconnects: string[] = [];
  /** the faults to come; the first one hits the next connection */
  readonly faults: OrderedBrokerFault[];
  /** how many TCP connections were opened, whether or not they succeeded */
  attempts = 0;
  /** called for every CONNECT, with the return code of its answer if there is one */
  onConnect: (connection: Connection, code: number | undefined) => void = () => {};
  /** called for every message that is accepted */
  onMessage: (message: Message) => void = () => {};
  readonly #hub: InsightsHub;
  readonly #options: BrokerOptions;
  readonly #certificates: ServerCertificates;
  readonly #server: Server;
  readonly #aedes: Aedes;
  readonly #sockets = new Set<Socket>();

  private constructor(options: BrokerOptions, certificates: ServerCertificates, aedes: Aedes) {
    this.#options = options;
    this.#hub = options.hub;
    this.faults = [...(options.faults ?? [])];
    this.#certificates = certificates;
    this.#aedes = aedes;
    this.#guardTopics();
    this.#server = createServer((socket) => void this.#accept(socket));
  }

  static async start(options: BrokerOptions): Promise<Broker> {
    const { host = '127.0.0.1', names = ['localhost', '127.0.0.1'] } = options;
    const certificates = await ServerCertificates.create({ names });
    const broker = new Broker(options, certificates, await Aedes.createBroker());
    await new Promise<void>((resolve, reject) => {
      broker.#server.once('error', reject).listen(0, host, resolve);
    });
    return broker;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#aedes.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The root CA of the broker's certificate, in PEM. */
  get ca(): string {
    return this.#certificates.ca;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `mqtts://localhost:${this.port}`;
  }

  /** Rejects the first connections, like a broker that doesn't know a new certificate yet. */
  acceptsAfter(times: number): void {
    if (times > 0) this.faults.push({ fault: { kind: 'connack', code: 5 }, times });
  }

  async #accept(socket: Socket): Promise<void> {
    this.attempts += 1;
    this.#sockets.add(socket);
    socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket));
    const fault = this.#takeFault();
    switch (fault?.kind) {
      case 'silence-before-tls':
        socket.resume();
        return;
      case 'reset-before-tls':
        socket.resetAndDestroy();
        return;
    }
    const options = await this.#tlsOptions(fault);
    if (fault?.kind === 'alert') {
      rejectCertificate(socket, options, fault.alert ?? UNKNOWN_CA);
      return;
    }
    // Each connection gets a TLS server of its own, because its certificate depends on the fault.
    createTlsServer(options, (secured) => void this.#greet(secured, socket, fault)).emit(
      'connection',
      socket,
    );
  }

  #takeFault(): BrokerFault | undefined {
    const [ordered] = this.faults;
    if (ordered?.times === undefined) return ordered?.fault;
    if (ordered.times <= 1) this.faults.shift();
    else this.faults[0] = { ...ordered, times: ordered.times - 1 };
    return ordered.fault;
  }

  async #tlsOptions(fault: BrokerFault | undefined): Promise<TlsOptions> {
    const { privateKey, certificate } = await this.#certificates.for(fault);
    const { alpn, maxVersion = 'TLSv1.3' } = this.#options;
    return {
      key: privateKey,
      cert: certificate,
      ca: this.#hub.authority.certificate,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      maxVersion,
      ...(alpn && { ALPNProtocols: [...alpn] }),
    };
  }

  /** Continues after the TLS handshake, unless there is a fault. */
  async #greet(secured: TLSSocket, socket: Socket, fault: BrokerFault | undefined): Promise<void> {
    secured.on('error', () => {});
    switch (fault?.kind) {
      case 'reset':
        // Waits for data: before that, the client may not know yet that TLS is established.
        secured.once('data', () => socket.resetAndDestroy());
        return;
      case 'answer':
        answer(secured, fault.bytes);
        return;
    }
    if (this.#options.alpn && !secured.alpnProtocol) {
      answer(secured, HTTP_ANSWER);
      return;
    }
    const packet = await readConnect(secured);
    if (packet === undefined) {
      secured.destroy();
      return;
    }
    this.#decide(secured, packet, fault);
  }

  #decide(secured: TLSSocket, packet: IConnectPacket, fault: BrokerFault | undefined): void {
    const connection = describe(secured, packet);
    this.connections.push(connection);
    if (fault?.kind === 'silence' || fault?.kind === 'close') {
      this.onConnect(connection, undefined);
      secured.resume();
      if (fault.kind === 'close') secured.end();
      return;
    }
    const code =
      fault?.kind === 'connack' ? fault.code : admit(this.#hub, packet, connection.fingerprint);
    this.onConnect(connection, code);
    if (code !== 0) {
      secured.resume().end(Buffer.from([0x20, 2, 0, code]));
      return;
    }
    this.#hub.connect(packet.clientId);
    this.#aedes.handle(secured);
    onDisconnect(secured, () => this.disconnects.push(packet.clientId));
  }

  /** Disconnects clients that use topics of other agents. */
  #guardTopics(): void {
    const { tenant } = this.#hub;
    const refused = (topic: string) => new Error(`not authorized for ${topic}`);
    this.#aedes.authorizePublish = (client, { topic, payload }, done) => {
      const clientId = client?.id ?? '';
      if (!mayUseTopic(tenant, clientId, 'o', topic)) return done(refused(topic));
      const message = { clientId, topic, payload: payload.toString() };
      this.messages.push(message);
      this.onMessage(message);
      done();
    };
    this.#aedes.authorizeSubscribe = ({ id: clientId }, subscription, done) => {
      const { topic } = subscription;
      if (!mayUseTopic(tenant, clientId, 'i', topic)) return done(refused(topic));
      this.subscriptions.push({ clientId, topic });
      done(null, subscription);
    };
  }
}

/** Waits for data, sends the given bytes, and closes. */
function answer(secured: TLSSocket, bytes: string | Uint8Array): void {
  secured.once('data', () => secured.end(bytes)).resume();
}

function describe(secured: TLSSocket, packet: IConnectPacket): Connection {
  const { clientId, protocolVersion, clean, keepalive, username } = packet;
  return {
    clientId,
    tls: secured.getProtocol() ?? undefined,
    alpn: secured.alpnProtocol || undefined,
    servername: secured.servername || undefined,
    protocolVersion,
    clean,
    keepalive,
    username,
    fingerprint: secured.getPeerCertificate().fingerprint256,
  };
}
