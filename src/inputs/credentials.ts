import type { Credentials } from '../insights-hub/credentials.ts';
import { Secret } from '../secret.ts';
import type { InputReader } from './reader.ts';

const WAYS =
  'Set exactly one of: `token`; `oauth-client-id` with `oauth-client-secret`; those two with `app-name` and `app-version`.';

const FORKS = 'Note that GitHub gives no secrets to workflows started from forks or by Dependabot.';

/** The one way to authenticate that is set; nothing when none is, which is a problem then. */
export function readCredentials(reader: InputReader, tenant: string): Credentials | undefined {
  const token = reader.secret('token');
  const id = reader.text('oauth-client-id');
  const secret = reader.secret('oauth-client-secret');
  const appName = reader.text('app-name');
  const appVersion = reader.text('app-version');
  const hostTenant = reader.hostLabel('host-tenant');
  const isApplication = [appName, appVersion].some(Boolean);
  const isClient = [id, secret].some(Boolean) || isApplication;

  if (token !== '' && isClient) {
    reader.problem(`\`token\` is set together with other credentials. ${WAYS}`);
  }
  if (token !== '') return withToken(reader, token);
  if (!isClient) {
    reader.problem(`No credentials are set. ${WAYS} ${FORKS}`, 'credentials-missing');
    return undefined;
  }
  requireAll(reader, [
    'oauth-client-id',
    'oauth-client-secret',
    ...(isApplication ? ['app-name', 'app-version'] : []),
  ]);
  const basic = basicOf(reader, id, secret);
  return isApplication
    ? { kind: 'application', basic, appName, appVersion, hostTenant: hostTenant || tenant }
    : { kind: 'technical-user', basic };
}

function withToken(reader: InputReader, token: string): Credentials {
  if (/[^\x21-\x7e]/.test(token)) {
    reader.problem(
      '`token` holds white space or other characters that no token has. Give it without the word `Bearer`.',
    );
  }
  return { kind: 'token', token: new Secret(token) };
}

function requireAll(reader: InputReader, names: readonly string[]): void {
  const missing = names.filter((name) => reader.text(name) === '');
  if (missing.length === 0) return;
  const list = missing.map((name) => `\`${name}\``).join(', ');
  const hint = missing.includes('oauth-client-secret') ? ` ${FORKS}` : '';
  reader.problem(`The credentials are incomplete: also set ${list}. ${WAYS}${hint}`);
}

/** The value of Basic authentication (RFC 7617), masked: neither colon nor control characters in the id. */
function basicOf(reader: InputReader, id: string, secret: string): Secret {
  if (/[:\p{Cc}]/u.test(id)) {
    reader.problem('`oauth-client-id` holds a colon or a control character.');
  }
  const basic = Buffer.from(`${id}:${secret}`).toString('base64');
  if (secret !== '') reader.mask(basic);
  return new Secret(basic);
}
