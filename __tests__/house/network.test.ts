import { describe, expect, test } from 'vitest';
import { CREATE_DEFAULTS } from '../../src/inputs/create.ts';
import { fillTemplate } from '../../src/insights-hub/urls.ts';
import { proseOf, read, snippets } from './pages.ts';

const PAGE = 'docs/network.md';
/** The default in `src/inputs/github.ts`, if the runner sets no other. */
const GITHUB = 'https://api.github.com';

/** The host and port of a default, as the page has them. */
function endpointOf(template = ''): string {
  const values = { tenant: 'TENANT', region: CREATE_DEFAULTS['region'] ?? '' };
  const [, host = '', port = '443'] =
    /^\w+:\/\/([^/:]+)(?::(\d+))?/.exec(fillTemplate(template, values)) ?? [];
  return `${host}:${port}`;
}

const defaults = ['token-url', 'api-url', 'broker-url'].map((name) => CREATE_DEFAULTS[name]);
const endpoints = [...defaults, GITHUB].map(endpointOf);

/** The inputs with a default that is a URL. */
const urlInputs = Object.entries(CREATE_DEFAULTS).filter(([, value]) => value.includes('://'));

describe('the page on what a job connects to', () => {
  test('lists the default hosts and ports of the code, and no others', () => {
    const rows = [...proseOf(PAGE).matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
    expect(rows).toEqual(endpoints);
    expect(read('src/inputs/github.ts')).toContain(`'${GITHUB}'`);
    expect(urlInputs.map(([name]) => name).sort()).toEqual(['api-url', 'broker-url', 'token-url']);
  });

  test('allows the same ones in its example', () => {
    const [example] = snippets.filter(({ page }) => page === PAGE);
    const listed = /allowed-endpoints: >\n((?: +\S+\n)+)/.exec(example?.text ?? '')?.[1] ?? '';
    expect(listed.trim().split(/\s+/)).toEqual(endpoints);
  });
});
