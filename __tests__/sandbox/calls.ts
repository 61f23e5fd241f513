import { onTestFinished } from 'vitest';
import { CertificateAuthority } from '../../sandbox/insights-hub/authority.ts';
import { type HubOptions, InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';

export type Json = Readonly<Record<string, unknown>>;

export interface Answer<Body = Json> {
  readonly status: number;
  readonly body: Body;
}

interface Call {
  readonly method?: string;
  readonly ifMatch?: number | string | undefined;
  /** by default, a new one */
  readonly token?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export const certificates = 'mindconnectmqtt/v3/agentCertificates';
export const agents = 'agentmanagement/v3/agents';
export const assets = 'assetmanagement/v3/assets';

/** Signs for every hub of a test file: making it takes longer than most tests need. */
let authority: Promise<CertificateAuthority> | undefined;

/** Starts a hub that ends with the test, and a client for it. */
export async function startHub(options: HubOptions = {}) {
  authority ??= CertificateAuthority.create();
  const hub = await InsightsHub.start({ authority: await authority, ...options });
  onTestFinished(() => hub.stop());
  return { hub, calls: new Calls(hub) };
}

/** Calls the APIs of a hub as a client with a token does. */
export class Calls {
  readonly #hub: InsightsHub;

  constructor(hub: InsightsHub) {
    this.#hub = hub;
  }

  /** Sends a request; the path is relative to `/api/`. */
  async send(path: string, options: Call = {}): Promise<Response> {
    const { method = 'GET', ifMatch, token = this.#hub.issueToken(), body } = options;
    return fetch(`${this.#hub.origin}/api/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(ifMatch !== undefined && { 'if-match': String(ifMatch) }),
        ...options.headers,
      },
      ...(body !== undefined && { body }),
    });
  }

  /** The same, with the JSON of the answer; without a body, it is an empty object. */
  async call<Body = Json>(path: string, options: Call = {}): Promise<Answer<Body>> {
    const response = await this.send(path, options);
    const text = await response.text();
    return { status: response.status, body: JSON.parse(text || '{}') };
  }

  create(name: unknown): Promise<Answer> {
    return this.call(certificates, { method: 'POST', body: JSON.stringify({ name }) });
  }

  find<Body = Json>(path: string, filter: object): Promise<Answer<Body>> {
    return this.call(`${path}?filter=${encodeURIComponent(JSON.stringify(filter))}`);
  }

  remove(path: string, ifMatch?: number | string): Promise<Answer> {
    return this.call(path, { method: 'DELETE', ifMatch });
  }

  offboard(id: string): Promise<Answer> {
    return this.call(`${agents}/${id}/boarding/offboard`, { method: 'POST' });
  }

  statusOf(id: string): Promise<Answer> {
    return this.call(`${agents}/${id}/boarding/status`);
  }
}
