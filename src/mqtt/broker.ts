import { hostOf } from '../http/proxy.ts';

/** An MQTT broker with TLS. */
export interface Broker {
  /** a name or an address, without the brackets of IPv6 */
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_BROKER_URL = 'mqtts://mindconnectmqtt.{region}.mindsphere.io:8883';

/** The broker that an `mqtts:` URL names. */
export function brokerAt(text: string): Broker {
  const url = new URL(text);
  return { host: hostOf(url), port: Number(url.port || 8883) };
}

export function urlOf(broker: Broker): string {
  return `mqtts://${authorityOf(broker)}`;
}

/** Host and port as in URLs and for proxies. */
export function authorityOf({ host, port }: Broker): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The ALPN protocol (RFC 7301) that Insights Hub's broker requires on the HTTPS port. */
export function alpnOf({ port }: Broker): string | undefined {
  return port === 443 ? 'x-amzn-mqtt-ca' : undefined;
}

/**
 * The CA certificates that the runner trusts, as PEM, each once: those of Node, of
 * NODE_EXTRA_CA_CERTS and of the system. Reading them blocks for about as long as a round trip.
 */
export async function trustedAuthorities(): Promise<readonly string[]> {
  // The inputs import this file, so a static import would load TLS at every start.
  const { getCACertificates } = await import('node:tls');
  const all = [...getCACertificates('default'), ...getCACertificates('system')];
  return [...new Set(all.map((pem) => `${pem.trim()}\n`))];
}

export interface Connection {
  /** a UUID: MQTTX silently ignores a connection without one */
  readonly id: string;
  readonly clientId: string;
  readonly broker: Broker;
  /** absolute paths of PEM files; `authorities` contains the CAs to verify the broker with */
  readonly files: Readonly<Record<'authorities' | 'certificate' | 'privateKey', string>>;
}

/** A connection that MQTTX can import: JSON with the fields of its connection record. */
export function mqttxConnection({ id, clientId, broker, files }: Connection): string {
  const alpn = alpnOf(broker);
  const connection = {
    id,
    name: clientId,
    clientId,
    clientIdWithTime: false,
    protocol: 'mqtts',
    host: broker.host,
    port: broker.port,
    path: '',
    username: '',
    password: '',
    ssl: true,
    certType: 'self', // uses the three files
    rejectUnauthorized: true,
    ca: files.authorities,
    cert: files.certificate,
    key: files.privateKey,
    ...(alpn !== undefined && { ALPNProtocols: alpn }),
    mqttVersion: '3.1.1',
    clean: true,
    keepalive: 60,
    connectTimeout: 10,
    reconnect: false,
    unreadMessageCount: 0,
    messages: [],
    subscriptions: [],
    isCollection: false,
    parentId: null,
  };
  return `${JSON.stringify([connection], undefined, 2)}\n`;
}
