import { createRequire } from 'node:module';
import path from 'node:path';
import { onTestFinished, vi } from 'vitest';
import type { InsightsHub } from '../../sandbox/insights-hub/insights-hub.ts';

/** The directory that Siemens' SDK is installed in; `.ci/run` installs it and sets the variable. */
const PLACE = process.env['MINDCONNECT_SDK'];

/**
 * Whether tests must be skipped because the SDK is missing. Never in continuous integration, which
 * must have it: there, they fail.
 */
export const lacksSdk = !process.env['CI'] && !PLACE;

interface ListParameters {
  readonly page?: number;
  readonly size?: number;
  readonly sort?: string;
  /** as JSON */
  readonly filter?: string;
}

interface Agent {
  readonly id: string;
  readonly name: string;
  readonly entityId?: string;
  readonly eTag: number;
}

interface AgentPage {
  readonly content: readonly Agent[];
  readonly totalElements: number;
  readonly totalPages: number;
  readonly numberOfElements: number;
  readonly size: number;
  readonly number: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly sort: readonly unknown[];
}

interface Asset {
  readonly assetId: string;
  readonly name: string;
  readonly typeId: string;
  readonly parentId: string;
  readonly etag: number;
  readonly deleted?: string;
}

interface AssetPage {
  readonly _embedded?: { readonly assets: readonly Asset[] };
  readonly _links: Readonly<Record<string, { readonly href: string }>>;
  readonly page: {
    readonly size: number;
    readonly totalElements: number;
    readonly totalPages: number;
    readonly number: number;
  };
}

interface Match {
  readonly ifMatch: string;
}

/**
 * The part of the SDK that the tests use, with the names and numbers that are sent; its own types,
 * which have texts for tags and numbers for the status, are no dependency of this repository.
 * Failed calls reject with `Network error occured REASON BODY`.
 */
export interface Sdk {
  GetAgentManagementClient(): {
    GetAgents(parameters?: ListParameters): Promise<AgentPage>;
    GetAgent(id: string): Promise<Agent>;
    GetOnboardingStatus(id: string): Promise<{ readonly status: string }>;
    OffboardAgent(id: string): Promise<{ readonly status: string }>;
    DeleteAgent(id: string, match: Match): Promise<unknown>;
  };
  GetAssetManagementClient(): {
    GetAssets(parameters?: ListParameters): Promise<AssetPage>;
    GetAsset(id: string): Promise<Asset>;
    DeleteAsset(id: string, match: Match): Promise<unknown>;
  };
}

interface ServiceCredentials {
  readonly gateway: string;
  readonly tenant: string;
  /** `Basic …` */
  readonly basicAuth: string;
}

interface AppCredentials extends ServiceCredentials {
  readonly usertenant: string;
  readonly appName: string;
  readonly appVersion: string;
}

interface SdkModule {
  readonly MindSphereSdk: new (credentials: ServiceCredentials | AppCredentials) => Sdk;
}

/** Who the SDK gets its tokens as: a technical user, or an application. */
export const callers = ['service', 'application'] as const;
export type Caller = (typeof callers)[number];

/** Makes an SDK that calls a hub; `secret` defaults to the one that the hub knows. */
export function sdkFor(hub: InsightsHub, caller: Caller, secret?: string): Sdk {
  if (!PLACE) throw new Error('MINDCONNECT_SDK does not say where Siemens’ SDK is');
  const require = createRequire(path.resolve(PLACE, 'package.json'));
  const { MindSphereSdk }: SdkModule = require('@mindconnect/mindconnect-nodejs');
  withoutProxy();
  return new MindSphereSdk(credentialsFor(hub, caller, secret));
}

/**
 * The SDK makes a tenant's address by putting its name in the place of the word `gateway` in the
 * URL. Without that word, it asks the gateway itself for tokens.
 */
function credentialsFor(hub: InsightsHub, caller: Caller, secret?: string) {
  const { origin: gateway, tenant, application, technicalUser } = hub;
  const basic = (user: { readonly id: string; readonly secret: string }) =>
    `Basic ${Buffer.from(`${user.id}:${secret ?? user.secret}`).toString('base64')}`;
  if (caller === 'service') return { gateway, tenant, basicAuth: basic(technicalUser) };
  const { appName, appVersion } = application;
  const basicAuth = basic(application);
  return { gateway, tenant, basicAuth, usertenant: tenant, appName, appVersion };
}

/** The SDK sends everything through the proxy of these variables, also what is for this machine. */
function withoutProxy(): void {
  for (const name of ['http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, undefined);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}
