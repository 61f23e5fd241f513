// Post steps run in reverse order, so this one sees what those of all later steps left behind.
import { existsSync } from 'node:fs';
import path from 'node:path';

/** In milliseconds, for each of two requests. */
const PATIENCE = 10_000;

const input = (name) => {
  const value = process.env[`INPUT_${name.toUpperCase()}`]?.trim();
  if (!value) throw new Error(`the input ${name} is missing`);
  return value;
};
const fill = (url, api = '') =>
  url.replaceAll('{tenant}', input('tenant')).replaceAll('{api}', api);

const directory = path.resolve(process.env.GITHUB_WORKSPACE ?? '.', input('directory'));
expect(`${directory} was deleted`, !existsSync(directory));
const clientId = input('client-id');
expect(`the agent ${clientId} was deleted`, (await agentsCalled(clientId)) === 0);

function expect(what, holds) {
  console.log(`${holds ? 'ok    ' : 'NOT OK'}  ${what}`);
  if (!holds) process.exitCode = 1;
}

async function agentsCalled(mqttClientId) {
  const credentials = `${input('oauth-client-id')}:${input('oauth-client-secret')}`;
  const { access_token: token } = await answerOf(fill(input('token-url')), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  });
  const filter = encodeURIComponent(JSON.stringify({ mqttClientId }));
  const url = `${fill(input('api-url'), 'agentmanagement')}/agents?filter=${filter}`;
  const { content } = await answerOf(url, { headers: { authorization: `Bearer ${token}` } });
  return content.length;
}

async function answerOf(url, init) {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}
