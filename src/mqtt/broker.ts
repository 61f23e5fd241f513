import { hostOf } from '../http/host.ts';
/** An MQTT broker with TLS. */
export interface Broker {
  /** a name or an address, without the brackets of IPv6 */
  readonly host: string;
  readonly port: number;
}

export const DEFAULT_BROKER_URL = 'mqtts://mindconnectmqtt.{region}.mindsphere.io:8883';

const DEFAULT_PORT = 8883;

/** The broker that an `mqtts:` URL names. */
export function brokerAt(text: string): Broker {
  const { hostname, port } = new URL(text);
  return {
    host: hostOf({ hostname }),
    port: port === '' ? DEFAULT_PORT : Number(port),
  };
}

export function urlOf(broker: Broker): string {
  return `mqtts://${authorityOf(broker)}`;
}

/** Host and port as URLs and proxies take them. */
export function authorityOf({ host, port }: Broker): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** The protocol that Insights Hub's broker wants to be named on the port of HTTPS (ALPN, RFC 7301). */
export function alpnOf({ port }: Broker): string | undefined {
  return port === 443 ? 'x-amzn-mqtt-ca' : undefined;
}
