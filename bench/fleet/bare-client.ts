/**
 * Creates agents and does nothing else, as many in parallel as allowed, and prints how long that
 * took in milliseconds: the time that machine, hub and Node need without the action.
 */
import type { BareOrder } from './bare.ts';

const { agents, concurrency, access } = JSON.parse(process.argv[2] ?? '{}') as BareOrder;

/** The answer of a successful request, as text. */
async function post(url: string, headers: Readonly<Record<string, string>>, body: string) {
  const response = await fetch(url, { method: 'POST', headers, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return text;
}

async function fetchToken(): Promise<string> {
  const { tenant = '', 'token-url': url = '', ...credentials } = access;
  const { 'oauth-client-id': id, 'oauth-client-secret': secret } = credentials;
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
  const place = url.replace('{tenant}', tenant);
  const answer = JSON.parse(await post(place, form, 'grant_type=client_credentials'));
  return (answer as { readonly access_token: string }).access_token;
}

async function createAll(token: string): Promise<void> {
  const url = `${access['api-url']?.replace('{api}', 'mindconnectmqtt')}/agentCertificates`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  let next = 0;
  const worker = async () => {
    while (next < agents) await post(url, headers, JSON.stringify({ name: `device${next++}` }));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

const token = await fetchToken();
const began = performance.now();
await createAll(token);
console.log(performance.now() - began);
