import { DEFAULT_API_URL, DEFAULT_TOKEN_URL } from '../insights-hub/endpoints.ts';
import { DEFAULT_BROKER_URL } from '../mqtt/broker.ts';

/** What is used where an input is not given; the action's file says the same. */
export type Defaults = Readonly<Record<string, string>>;

const SHARED: Defaults = {
  region: 'eu1',
  'api-url': DEFAULT_API_URL,
  'token-url': DEFAULT_TOKEN_URL,
  'secret-prefix': 'INSIGHTS_HUB_AGENT',
  variables: 'false',
  concurrency: '4',
  timeout: '300',
  'dry-run': 'false',
  summary: 'true',
};

export const CREATE_DEFAULTS: Defaults = {
  ...SHARED,
  destination: 'workspace',
  'output-directory': '.insights-hub',
  'keep-files': 'false',
  'if-exists': 'fail',
  'verify-connection': 'false',
  'broker-url': DEFAULT_BROKER_URL,
  ephemeral: 'false',
};

export const DELETE_DEFAULTS: Defaults = {
  ...SHARED,
  'delete-asset': 'true',
};
