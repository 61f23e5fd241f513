import { type EndpointSettings, fillTemplate } from '../insights-hub/endpoints.ts';
import { readCertificates } from '../key-pair/pem.ts';
import { type Broker, brokerAt } from '../mqtt/broker.ts';
import { problemOfParts, readTemplate } from './endpoints.ts';
import { readInputFile } from './input-file.ts';
import type { InputReader } from './reader.ts';

/** The broker that `broker-url` names; nothing when that is a problem. */
export function readBroker(
  reader: InputReader,
  { tenant, region }: EndpointSettings,
): Broker | undefined {
  const values = { tenant, region };
  const template = readTemplate(reader, 'broker-url', values, problemOfBrokerUrl);
  const filled = fillTemplate(template, values);
  return problemOfBrokerUrl(filled) === undefined ? brokerAt(filled) : undefined;
}

/** Why a URL is no broker's, to follow its name; nothing when it is. */
function problemOfBrokerUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'mqtts:') return 'must begin with mqtts://';
  const isHost = /^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
  // What the rules for the web take for a wrong address, no one can be asked for.
  if (!isHost || !URL.canParse(`https://${url.host}`)) return 'names no host';
  if (!/^\/?$/.test(url.pathname)) return 'must not hold a path';
  if (url.port === '0') return 'must not have port 0';
  return problemOfParts(url);
}

/** The file that `broker-ca-file` names, and what it holds. */
export interface AuthorityFile {
  /** absolute */
  readonly path: string;
  /** its certificates, PEM */
  readonly content: string;
}

/** Reads the CA certificates of the broker; nothing when none are given. */
export async function readBrokerCa(reader: InputReader): Promise<AuthorityFile | undefined> {
  const file = await readInputFile(reader, 'broker-ca-file');
  if (file === undefined) return undefined;
  const blocks = readCertificates(file.content.toString());
  if (blocks === undefined) {
    file.refuse('holds no certificate in PEM, or one that does not parse');
    return undefined;
  }
  // Nothing else of it: a file may hold a private key too.
  return { path: file.path, content: `${blocks.join('\n')}\n` };
}
