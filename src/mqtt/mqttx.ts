import { alpnOf, type Broker } from './broker.ts';

/** What a connection is made of. */
export interface ConnectionFiles {
  /** PEM with the CAs that vouch for the broker */
  readonly authorities: string;
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Connection {
  /** a UUID: MQTTX silently passes over a connection without one */
  readonly id: string;
  readonly clientId: string;
  readonly broker: Broker;
  /** absolute paths */
  readonly files: ConnectionFiles;
}

/**
 * A connection as MQTTX imports it, JSON with the fields of its connection record. `certType: self`
 * is what makes it use the three files; `rejectUnauthorized` what makes it verify the broker.
 */
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
    certType: 'self',
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
