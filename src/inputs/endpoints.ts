import {
  type EndpointSettings,
  fillTemplate,
  unknownPlaceholders,
} from '../insights-hub/endpoints.ts';
import { type InputReader, isHostLabel } from './reader.ts';

type Values = Readonly<Record<string, string>>;

/** `tenant`, `region` and the URL templates that they fill. */
export function readEndpoints(reader: InputReader): EndpointSettings {
  const tenant = reader.hostLabel('tenant');
  const region = reader.hostLabel('region');
  if (tenant === '') {
    reader.problem('`tenant` is required: the name of the Insights Hub environment.');
  }
  return {
    tenant,
    region,
    apiUrl: readTemplate(reader, 'api-url', { tenant, region, api: 'api' }),
    tokenUrl: readTemplate(reader, 'token-url', { tenant, region }),
  };
}

/** A template that gives a permitted URL once it is filled; it stays a template. */
export function readTemplate(
  reader: InputReader,
  name: string,
  values: Values,
  problemOf: (text: string) => string | undefined = problemOfUrl,
): string {
  const template = reader.text(name);
  const names = Object.keys(values);
  const unknown = unknownPlaceholders(template, names);
  if (unknown.length > 0) {
    const known = names.map((key) => `{${key}}`).join(', ');
    reader.problem(`\`${name}\` holds ${reader.quote(unknown.join(', '))}; it may hold ${known}.`);
    return template;
  }
  const filled = fillTemplate(template, values);
  // A wrong value is a problem of its own input, not of each template that it fills.
  const fillable = Object.values(values).every(isHostLabel);
  const problem = fillable || filled === template ? problemOf(filled) : undefined;
  if (problem !== undefined) reader.problem(`\`${name}\` ${problem}: ${reader.quote(filled)}.`);
  return template;
}

/** Why a URL is not permitted, to follow its name; nothing when it is. */
export function problemOfUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return 'is not a URL';
  const url = new URL(text);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    return 'must begin with https:// (http:// is for this machine only)';
  }
  return problemOfParts(url);
}

/** What no URL of an input may hold. */
export function problemOfParts(url: URL): string | undefined {
  if (url.username !== '' || url.password !== '') return 'must not hold a user name or a password';
  if (url.search !== '' || url.hash !== '') return 'must not hold a "?" or "#" part';
  return undefined;
}

/** Whether plain HTTP stays on the machine. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
