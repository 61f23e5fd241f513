import { CertificateAuthority, type IssuedPair } from './authority.ts';

/**
 * Makes key pairs for a hub, in parallel on Node's thread pool. A broker can't verify them, because
 * the authority that issues them isn't kept.
 */
export async function makePairs(count: number): Promise<readonly IssuedPair[]> {
  const authority = await CertificateAuthority.create();
  return Promise.all(Array.from({ length: count }, () => authority.issue()));
}
