import { X509Certificate } from 'node:crypto';

/**
 * The trusted CAs that may vouch for a server, as PEM, the nearest first: those that signed one of
 * the certificates that it sent, on the way up from its own. A server may send a cross-signed CA
 * that is trusted itself, too: then the way ends in more than one of them. Signatures are checked,
 * but whether a CA is enough by itself only a handshake can tell.
 */
export function vouchingAuthorities(
  sent: readonly X509Certificate[],
  trusted: readonly string[],
): readonly string[] {
  const known = trusted.flatMap((pem) => parsed(pem));
  const found: string[] = [];
  let left = sent;
  for (let current = sent[0]; current !== undefined; ) {
    const certificate = current;
    const signers = known.filter((authority) => signed(authority, certificate));
    found.push(...signers.map((authority) => authority.toString()));
    left = left.filter((other) => other !== certificate);
    current = left.find((other) => signed(other, certificate));
  }
  return [...new Set(found)];
}

function parsed(pem: string): readonly X509Certificate[] {
  try {
    return [new X509Certificate(pem)];
  } catch {
    // A system's store may hold what Node can't read; TLS leaves it out as well.
    return [];
  }
}

function signed(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
