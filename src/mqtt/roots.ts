import { X509Certificate } from 'node:crypto';

/**
 * The trusted CAs that may be enough to verify a server, as PEM, the nearest first: those that signed
 * one of the certificates that it sent, on the way up from its own. A server may send a cross-signed
 * CA that is also trusted itself: then there are several. Checks signatures, but only a handshake can
 * tell whether a CA is enough alone.
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
    // A system's store may contain certificates that Node can't read. TLS skips them, too.
    return [];
  }
}

function signed(authority: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}
