import { Failure } from '../failure.ts';
import { isLoopback, type ProxySettings, proxySettings } from '../http/proxy.ts';
import { fillTemplate, type HubUrls, unknownPlaceholders } from '../insights-hub/urls.ts';
import { type Broker, brokerAt } from '../mqtt/broker.ts';
import { type InputReader, isHostLabel } from './reader.ts';

/** Reads `tenant`, `region` and the URL templates that they fill. */
export function readHubUrls(reader: InputReader): HubUrls {
  const tenant = reader.hostLabel('tenant');
  const region = reader.hostLabel('region');
  if (tenant === '') {
    reader.problem('`tenant` is required. Set it to the name of your Insights Hub environment.');
  }
  const apiUrl = readTemplate(reader, 'api-url', { tenant, region, api: 'api' }, problemOfUrl);
  const tokenUrl = readTemplate(reader, 'token-url', { tenant, region }, problemOfUrl);
  return { tenant, region, apiUrl, tokenUrl };
}

/** The broker that `broker-url` names; nothing on a problem. */
export function readBroker(reader: InputReader, { tenant, region }: HubUrls): Broker | undefined {
  const values = { tenant, region };
  const template = readTemplate(reader, 'broker-url', values, problemOfBrokerUrl);
  const filled = fillTemplate(template, values);
  return problemOfBrokerUrl(filled) === undefined ? brokerAt(filled) : undefined;
}

/** The proxies in the job's environment; nothing on a problem. */
export function readProxies(reader: InputReader): ProxySettings | undefined {
  try {
    return proxySettings(reader.source.environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reader.problem(error.message);
    return undefined;
  }
}

/** The template as the user wrote it. Reports one that does not become a permitted URL. */
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
    reader.problem(
      `\`${name}\` contains ${reader.quote(unknown.join(', '))}. Its only placeholders are ${known}.`,
    );
    return template;
  }
  // A wrong or missing value is reported for its own input. Here, only the rest is checked.
  const isRight = Object.values(values).every(isHostLabel);
  const filled = fillTemplate(template, isRight ? values : standInsFor(values));
  const problem = problemOf(filled);
  if (problem) reader.problem(`\`${name}\` ${problem}: ${reader.quote(withoutUser(template))}.`);
  return template;
}

/** A URL for a message, without what may be a user name and a password: nobody has masked these. */
function withoutUser(url: string): string {
  return url.replace(/(?<=\/\/).*(?=@)/s, '***');
}

/** The values, with wrong ones replaced by a label that could also be a port. */
function standInsFor(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(values);
  return Object.fromEntries(entries.map(([key, value]) => [key, isHostLabel(value) ? value : '1']));
}

/** Why a URL is not permitted; follows its name. Nothing if it is. */
export function problemOfUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return 'must begin with https:// (http:// is allowed for localhost only)';
  }
  return problemOfParts(url);
}

/** The same for the URL of a broker. */
function problemOfBrokerUrl(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return 'is not a URL';
  if (url.protocol !== 'mqtts:') return 'must begin with mqtts://';
  const isHost = /^([A-Za-z0-9._-]+|\[[0-9a-f:.]+\])$/.test(url.hostname);
  // Only the parser of https: refuses addresses such as 1.2.3.999.
  if (!isHost || !URL.canParse(`https://${url.host}`)) return 'contains no valid host';
  if (!/^\/?$/.test(url.pathname)) return 'must not contain a path';
  if (url.port === '0') return 'must not have port 0';
  return problemOfParts(url);
}

/** Refuses the parts that no input's URL may contain. */
function problemOfParts(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '')
    return 'must not contain a user name or a password';
  if (url.search !== '' || url.hash !== '') return 'must not contain a "?" or "#" part';
  return undefined;
}
