import { isIPv4 } from 'node:net';
import { Failure } from '../failure.ts';

/** The proxy settings in the environment. */
export interface ProxySettings {
  readonly proxy: HttpProxy | undefined;
  /** the entries of NO_PROXY, in lower case */
  readonly direct: readonly string[];
}

export interface HttpProxy {
  /** the environment variable that sets it */
  readonly variable: string;
  readonly url: string;
}

/**
 * Reads HTTPS_PROXY and NO_PROXY. The lower-case name wins, an empty value counts as not set, and a
 * value without a scheme is a plain HTTP proxy. HTTP_PROXY is for plain HTTP, which never leaves this
 * machine, so it is ignored.
 *
 * Throws `input-invalid` for a value that is not an HTTP proxy, without the value: it may contain a
 * password.
 */
export function proxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  return {
    proxy: proxyOf(env, ['https_proxy', 'HTTPS_PROXY']),
    direct: (env['no_proxy'] || env['NO_PROXY'] || '')
      .toLowerCase()
      .split(/[,\s]+/)
      .filter((entry) => entry !== ''),
  };
}

/** The proxy for a URL; nothing if its host is reached directly. */
export function proxyFor(url: URL, { proxy, direct }: ProxySettings): HttpProxy | undefined {
  const isDirect = isLoopback(url) || direct.some((entry) => matches(url, entry));
  return isDirect ? undefined : proxy;
}

/** Whether a URL leads to this machine. A proxy would connect to its own loopback. */
export function isLoopback({ hostname }: Pick<URL, 'hostname'>): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}

/** As in curl: `*`, or a host and its subdomains, with an optional leading dot and an optional port. */
function matches(url: URL, entry: string): boolean {
  const isIPv6 = /:.*:/.test(entry) && !entry.startsWith('[');
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(isIPv6 ? `[${entry}]` : entry) ?? [];
  if (port !== undefined && Number(port) !== portOf(url)) return false;
  const domain = name.replace(/^\*?\./, '');
  if (domain === '*' || url.hostname === domain) return true;
  // An address has no subdomains.
  return !isIPv4(url.hostname) && url.hostname.endsWith(`.${domain}`);
}

function proxyOf(env: NodeJS.ProcessEnv, variables: readonly string[]): HttpProxy | undefined {
  const variable = variables.find((name) => env[name]?.trim());
  if (variable === undefined) return undefined;
  const value = env[variable]?.trim() ?? '';
  const url = value.includes('://') ? value : `http://${value}`;
  if (isProxyUrl(url)) return { variable, url };
  throw new Failure(
    'input-invalid',
    `The environment variable ${variable} is not the URL of an HTTP proxy. Set it to http://HOST:PORT, or unset it.`,
  );
}

/** Whether a URL is one of an HTTP proxy, with credentials that can be decoded. */
function isProxyUrl(text: string): boolean {
  try {
    const { protocol, username, password } = new URL(text);
    decodeURIComponent(username + password);
    return /^https?:$/.test(protocol);
  } catch {
    return false;
  }
}

/** The host of a URL for connections: an IPv6 address without its brackets. */
export function hostOf({ hostname }: Pick<URL, 'hostname'>): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

/** The port of an HTTP or HTTPS URL. */
export function portOf({ protocol, port }: URL): number {
  return Number(port) || (protocol === 'https:' ? 443 : 80);
}
