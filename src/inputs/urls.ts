import { Failure } from '../failure.ts';
import { isLoopback, type ProxySettings, proxySettings } from '../http/proxy.ts';
import { fillTemplate, type HubUrls, unknownPlaceholders } from '../insights-hub/urls.ts';
import { type Broker, brokerAt } from '../mqtt/broker.ts';
import { type InputReader, isHostLabel } from './reader.ts';

/** `tenant`, `region` and the URL templates that they fill. */
export function readHubUrls(reader: InputReader): HubUrls {
  const tenant = reader.hostLabel('tenant');
  const region = reader.hostLabel('region');
  if (tenant === '') {
    reader.problem('`tenant` is required: the name of the Insights Hub environment.');
  }
  const apiUrl = readTemplate(reader, 'api-url', { tenant, region, api: 'api' }, problemOfUrl);
  const tokenUrl = readTemplate(reader, 'token-url', { tenant, region }, problemOfUrl);
  return { tenant, region, apiUrl, tokenUrl };
}

/** The broker that `broker-url` names; nothing when its URL is reported as a problem. */
export function readBroker(reader: InputReader, { tenant, region }: HubUrls): Broker | undefined {
  const values = { tenant, region };
  const template = readTemplate(reader, 'broker-url', values, problemOfBrokerUrl);
  const filled = fillTemplate(template, values);
  return problemOfBrokerUrl(filled) === undefined ? brokerAt(filled) : undefined;
}

/** The proxies of the job's environment; nothing when they are reported as a problem. */
export function readProxies(reader: InputReader): ProxySettings | undefined {
  try {
    return proxySettings(reader.source.environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reader.problem(error.message);
    return undefined;
  }
}

/** A template, as it was given, that becomes a permitted URL once it is filled. */
function readTemplate(
  reader: InputReader,
  name: string,
  values: Readonly<Record<string, string>>,
  problemOf: (text: string) => string | undefined,
): string {
  const template = reader.text(name);
  const names = Object.keys(values);
  const unknown = unknownPlaceholders(template, names);
  if (unknown.length > 0) {
    const known = names.map((key) => `{${key}}`).join(', ');
    reader.problem(`\`${name}\` holds ${reader.quote(unknown.join(', '))}; it may hold ${known}.`);
    return template;
  }
  // A wrong or missing value is a problem of its own input: the rest is checked without it.
  const isRight = Object.values(values).every(isHostLabel);
  const filled = fillTemplate(template, isRight ? values : standInsFor(values));
  const problem = problemOf(filled);
  if (problem)
    reader.problem(`\`${name}\` ${problem}: ${reader.quote(isRight ? filled : template)}.`);
  return template;
}

/** The values, and in place of wrong ones a label that could also be a port. */
function standInsFor(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([key, value]) => [key, isHostLabel(value) ? value : '1']));
}

/** Why a URL is not permitted, to follow its name; nothing when it is. */
export function problemOfUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return 'must begin with https:// (http:// is for this machine only)';
  }
  return problemOfParts(url);
}

/** The same for the URL of a broker. */
function problemOfBrokerUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'mqtts:') return 'must begin with mqtts://';
  const isHost = /^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
  // URLs of other schemes may hold addresses such as 1.2.3.999, which only those of the web refuse.
  if (!isHost || !URL.canParse(`https://${url.host}`)) return 'names no host';
  if (!/^\/?$/.test(url.pathname)) return 'must not hold a path';
  if (url.port === '0') return 'must not have port 0';
  return problemOfParts(url);
}

/** What no URL of an input may hold. */
function problemOfParts(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (url.search !== '' || url.hash !== '') return 'must not hold a "?" or "#" part';
  return undefined;
}
