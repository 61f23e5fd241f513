import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openssl } from '../openssl.ts';

/** What one certificate is to be. */
interface Wanted {
  /** its common name; the certificate's own name if not given */
  readonly subject?: string;
  /** whose key it has; its own if not given */
  readonly keyOf?: string;
  /** its issuer; self-signed if not given */
  readonly signer?: string;
  /** of a server, which is no CA then */
  readonly host?: string;
}

/** Certificates with their keys, by their names, made by OpenSSL in a directory of their own. */
export class Chains {
  readonly #directory = mkdtempSync(path.join(tmpdir(), 'chains-'));

  make(name: string, { subject = name, keyOf = name, signer, host }: Wanted = {}): void {
    const file = (ending: string) => this.#file(name, ending);
    const key = this.#file(keyOf, 'key');
    if (keyOf === name) openssl('ecparam', '-name', 'prime256v1', '-genkey', '-out', key);
    const extensions = [
      `basicConstraints=critical,CA:${host === undefined}`,
      ...(host === undefined ? [] : [`subjectAltName=DNS:${host}`]),
    ];
    writeFileSync(file('ext'), `${extensions.join('\n')}\n`);
    openssl('req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', file('csr'));
    const by =
      signer === undefined
        ? ['-signkey', key]
        : [
            '-CA',
            this.#file(signer, 'pem'),
            '-CAkey',
            this.#file(signer, 'key'),
            '-CAcreateserial',
          ];
    openssl(
      ...['x509', '-req', '-in', file('csr'), '-days', '2', '-extfile', file('ext')],
      ...[...by, '-out', file('pem')],
    );
  }

  /** PEM, as Node writes it */
  pem(name: string): string {
    return new X509Certificate(readFileSync(this.#file(name, 'pem'))).toString();
  }

  pems(names: readonly string[]): readonly string[] {
    return names.map((name) => this.pem(name));
  }

  key(name: string): string {
    return readFileSync(this.#file(name, 'key'), 'utf8');
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true });
  }

  #file(name: string, ending: string): string {
    return path.join(this.#directory, `${name}.${ending}`);
  }
}

/**
 * Two roots, `near` and `far`; `cross` has name and key of `near`, and is signed by `far`. Below them
 * is `issuing`, and `server` below that. `namesake` has only the name of `near`.
 */
export function crossSigned(): Chains {
  const chains = new Chains();
  for (const root of ['near', 'far', 'other']) chains.make(root);
  chains.make('namesake', { subject: 'near' });
  chains.make('cross', { subject: 'near', keyOf: 'near', signer: 'far' });
  chains.make('issuing', { signer: 'near' });
  chains.make('server', { signer: 'issuing', host: 'localhost' });
  return chains;
}
