import { CertificateAuthority, type IssuedPair } from './authority.ts';

/**
 * Makes key pairs to start a hub with, in parallel on the threads that Node has for such work. One
 * authority that nobody keeps issues them all, so a broker can't verify them.
 */
export async function makePairs(count: number): Promise<readonly IssuedPair[]> {
  const authority = await CertificateAuthority.create();
  return Promise.all(Array.from({ length: count }, () => authority.issue()));
}
