import { alpnOf, type Broker } from './broker.ts';

export interface Publication {
  readonly broker: Broker;
  readonly clientId: string;
  /** PEM with the CAs that vouch for the broker; without it, those of the system */
  readonly authorities: string | undefined;
  readonly certificate: string;
  readonly privateKey: string;
  readonly topic: string;
  readonly message: string;
}

/** A line for a POSIX shell that publishes one message with Mosquitto's client. */
export function mosquittoPub(publication: Publication): string {
  const { broker, clientId, authorities, certificate, privateKey, topic, message } = publication;
  const alpn = alpnOf(broker);
  const words = [
    'mosquitto_pub',
    ...['-h', broker.host, '-p', String(broker.port), '-i', clientId],
    ...(authorities === undefined ? ['--tls-use-os-certs'] : ['--cafile', authorities]),
    ...['--cert', certificate, '--key', privateKey],
    ...(alpn === undefined ? [] : ['--tls-alpn', alpn]),
    ...['-t', topic, '-m', message],
  ];
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
