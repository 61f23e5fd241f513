import { DEFAULT_API_URL, DEFAULT_TOKEN_URL } from '../insights-hub/endpoints.ts';

/** What is used where an input is not given; `action.yml` says the same. */
export const DEFAULTS: Readonly<Record<string, string>> = {
  region: 'eu1',
  'api-url': DEFAULT_API_URL,
  'token-url': DEFAULT_TOKEN_URL,
  destination: 'workspace',
  'output-directory': '.insights-hub',
  'keep-files': 'false',
  'secret-prefix': 'INSIGHTS_HUB_AGENT',
  variables: 'false',
  timeout: '300',
  'dry-run': 'false',
  summary: 'true',
};
