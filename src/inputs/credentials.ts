import type { Credentials } from '../insights-hub/urls.ts';
import { Secret, SHORTEST_SECRET } from '../secret.ts';
import { characterIn } from './characters.ts';
import type { InputReader } from './reader.ts';

/** In bytes. OpenSSL reads no more, so it could not decrypt a key with a longer passphrase. */
const LONGEST_PASSPHRASE = 1023;

/** In characters. An encrypted key outlives the job, and anyone who has it can try passphrases. */
const SHORTEST_PASSPHRASE = 12;

const MAKE_ONE = 'Generate one with `openssl rand -base64 24`.';

const WAYS =
  'Set exactly one of these: `token`; `oauth-client-id` and `oauth-client-secret`; or those two with `app-name` and `app-version`.';

const FORKS = 'GitHub passes no secrets to workflows that forks or Dependabot start.';

/** The credentials of the one way to authenticate that is set. Reports a problem if none is. */
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
        '`token` contains white space or other characters that a token never has. Pass only the token, without `Bearer`.',
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
  const invalid = characterIn(id, /[:\p{Cc}]/u);
  if (invalid !== undefined) {
    reader.problem(
      `\`oauth-client-id\` contains ${invalid}. It must not contain colons or control characters.`,
    );
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
 * The passphrase for private keys, including white space; nothing if none is set. Reports a problem
 * if keys must be encrypted without one.
 */
export function readPassphrase(reader: InputReader): Secret | undefined {
  const mustEncrypt = reader.flag('encrypt-key');
  const passphrase = reader.secret('key-passphrase');
  if (passphrase === '') {
    if (mustEncrypt) {
      reader.problem(
        `\`encrypt-key\` is \`true\`, but \`key-passphrase\` is empty. Check that the secret for it exists. ${FORKS}`,
      );
    }
    return undefined;
  }
  const refuse = (why: string) => reader.problem(`\`key-passphrase\` ${why}`);
  const isShort = passphrase.length < SHORTEST_PASSPHRASE && passphrase.length >= SHORTEST_SECRET;
  if (isShort && passphrase.trim() !== '') {
    refuse(
      `is shorter than ${SHORTEST_PASSPHRASE} characters, and anyone who has the encrypted key can try passphrases without limit. ${MAKE_ONE}`,
    );
  }
  if (Buffer.byteLength(passphrase) > LONGEST_PASSPHRASE) {
    refuse(`is longer than ${LONGEST_PASSPHRASE} bytes.`);
  }
  // Control characters are already reported. Java decrypts no key whose passphrase is not ASCII.
  if (/[^\x20-\x7e\p{Cc}]/u.test(passphrase)) {
    refuse(
      `contains characters other than printable ASCII, so some programs could not decrypt the key. ${MAKE_ONE}`,
    );
  }
  return new Secret(passphrase);
}
