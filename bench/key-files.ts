import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Checks that every agent has a key and a certificate in a directory, and that in a sample the two
 * belong together. Returns the size of the sample. Throws if something is missing.
 */
export async function checkKeyFiles(
  directory: string,
  clientIds: readonly string[],
  sampleSize = 50,
): Promise<number> {
  const files = new Set(await readdir(directory));
  const lacking = clientIds.filter((id) => !files.has(`${id}.key`) || !files.has(`${id}.pem`));
  if (lacking.length > 0) throw new Error(`${lacking.length} agents have no key and certificate`);
  const step = Math.max(1, Math.floor(clientIds.length / sampleSize));
  const sample = clientIds.filter((_, index) => index % step === 0);
  for (const id of sample) {
    const [key, certificate] = await Promise.all(
      ['key', 'pem'].map((ending) => readFile(path.join(directory, `${id}.${ending}`), 'utf8')),
    );
    if (!match(key ?? '', certificate ?? ''))
      throw new Error(`key and certificate of ${id} differ`);
  }
  return sample.length;
}

/** Whether a private key and a certificate, both as PEM, belong together. */
export function match(key: string, certificate: string): boolean {
  return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
}
