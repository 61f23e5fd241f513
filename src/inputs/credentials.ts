import type { Credentials } from '../insights-hub/urls.ts';
import { Secret, SHORTEST_SECRET } from '../secret.ts';
import type { InputReader } from './reader.ts';

/** OpenSSL reads no more of a passphrase: a key under a longer one could not be opened again. */
const LONGEST_PASSPHRASE = 1023;

/** An encrypted key outlives the job, and can be guessed at without end. */
const SHORTEST_PASSPHRASE = 12;

const MAKE_ONE = 'Make one with `openssl rand -base64 24`.';

const WAYS =
  'Set exactly one of: `token`; `oauth-client-id` with `oauth-client-secret`; those two with `app-name` and `app-version`.';

const FORKS = 'Note that GitHub gives no secrets to workflows started from forks or by Dependabot.';

/** The one way to authenticate that is set; nothing when none is, which is reported. */
export function readCredentials(reader: InputReader, tenant: string): Credentials | undefined {
  const token = reader.secret('token');
  const id = reader.text('oauth-client-id');
  const secret = reader.secret('oauth-client-secret');
  const appName = reader.text('app-name');
  const appVersion = reader.text('app-version');
  const hostTenant = reader.hostLabel('host-tenant') || tenant;
  const isApplication = appName !== '' || appVersion !== '';
  const isClient = id !== '' || secret !== '' || isApplication;
  if (token !== '') {
    if (isClient) reader.problem(`\`token\` is set together with other credentials. ${WAYS}`);
    if (/[^\x21-\x7e]/.test(token)) {
      reader.problem(
        '`token` holds white space or other characters that no token has. Give it without the word `Bearer`.',
      );
    }
    return { kind: 'token', token: new Secret(token) };
  }
  if (!isClient) {
    reader.problem(`No credentials are set. ${WAYS} ${FORKS}`, 'credentials-missing');
    return undefined;
  }
  const application = isApplication ? ['app-name', 'app-version'] : [];
  requireAll(reader, ['oauth-client-id', 'oauth-client-secret', ...application]);
  if (/[:\p{Cc}]/u.test(id)) {
    reader.problem('`oauth-client-id` holds a colon or a control character.');
  }
  // The value for Basic authentication (RFC 7617).
  const basic = new Secret(Buffer.from(`${id}:${secret}`).toString('base64'));
  if (secret !== '') reader.source.secrets.mask([basic]);
  return isApplication
    ? { kind: 'application', basic, appName, appVersion, hostTenant }
    : { kind: 'technical-user', basic };
}

function requireAll(reader: InputReader, names: readonly string[]): void {
  const missing = names.filter((name) => reader.text(name) === '');
  if (missing.length === 0) return;
  const list = missing.map((name) => `\`${name}\``).join(', ');
  const hint = missing.includes('oauth-client-secret') ? ` ${FORKS}` : '';
  reader.problem(`The credentials are incomplete: also set ${list}. ${WAYS}${hint}`);
}

/**
 * The passphrase for private keys, white space included; nothing when none is given, which is
 * reported where keys have to be encrypted.
 */
export function readPassphrase(reader: InputReader): Secret | undefined {
  const mustEncrypt = reader.flag('encrypt-key');
  const passphrase = reader.secret('key-passphrase');
  if (passphrase === '') {
    if (mustEncrypt) {
      reader.problem(
        `\`encrypt-key\` is set, but \`key-passphrase\` is empty. Check that the secret it comes from is there. ${FORKS}`,
      );
    }
    return undefined;
  }
  const refuse = (why: string) => reader.problem(`\`key-passphrase\` ${why}`);
  const isShort = passphrase.length < SHORTEST_PASSPHRASE && passphrase.length >= SHORTEST_SECRET;
  if (isShort && passphrase.trim() !== '') {
    refuse(
      `is shorter than ${SHORTEST_PASSPHRASE} characters: who has the encrypted key can guess as often as they like. ${MAKE_ONE}`,
    );
  }
  if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
    refuse(`is longer than ${LONGEST_PASSPHRASE} bytes.`);
  }
  // Control characters were reported. Java opens no key whose passphrase is not ASCII.
  if (/[^\x20-\x7e\p{Cc}]/u.test(passphrase)) {
    refuse(
      `holds characters other than printable ASCII, with which not every program could open the key. ${MAKE_ONE}`,
    );
  }
  return new Secret(passphrase);
}
