import { Failure } from '../failure.ts';
import { type ProxySettings, proxySettings } from '../http/proxy.ts';
import type { InputReader } from './reader.ts';

/** The proxies of the job's environment; nothing when they are a problem. */
export function readProxies(reader: InputReader): ProxySettings | undefined {
  try {
    return proxySettings(reader.environment);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    reader.problem(error.message);
    return undefined;
  }
}
