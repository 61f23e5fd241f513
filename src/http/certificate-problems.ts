/** Advice that depends on whose certificate it is: whole sentences. */
export interface CertificateChecks {
  /** for a certificate of another host */
  readonly host: string;
  /** for a certificate whose issuer the runner does not know */
  readonly authority: string;
}

/** Why a certificate was not accepted. A retry would fail in the same way. */
export interface CertificateProblem {
  /** follows "certificate" */
  readonly says: string;
  /** sentences */
  readonly advice: string;
}

export const COMPANY_CA =
  "If your company's own CA issued it, for example for a proxy that inspects TLS, set NODE_EXTRA_CA_CERTS on the runner to the path of that CA's certificate.";

/** By Node's error codes, most of which are OpenSSL's (`X509_V_ERR_…`). The first match counts. */
const PROBLEMS: readonly (readonly [
  RegExp,
  string,
  string | ((checks: CertificateChecks) => string),
])[] = [
  [/ALTNAME|^HOSTNAME_MISMATCH$/, 'is for another host', ({ host }) => host],
  [
    /^CERT_HAS_EXPIRED$/,
    'has expired',
    "Check the runner's clock. If it is right, the server's operator must renew the certificate.",
  ],
  [/^CERT_NOT_YET_VALID$/, 'is not valid yet', "Check the runner's clock: it may be slow."],
  [/^CERT_REVOKED$/, 'was revoked', "Tell the server's operator."],
  [
    /SELF_SIGNED|^UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|^CERT_UNTRUSTED$/,
    'is not trusted, because the runner does not know its issuer',
    ({ authority }) => authority,
  ],
  [
    /^(CERT_|ERROR_IN_CERT|UNABLE_TO_DEC|INVALID_(CA|PURPOSE)$|PATH_LENGTH|UNSPECIFIED$)/,
    "can't be verified",
    'Tell the operator of the server, or of a proxy in between that inspects TLS.',
  ],
];

/** What is wrong with a certificate, by an error's code; nothing if the error has another cause. */
export function certificateProblem(
  code: string,
  checks: CertificateChecks,
): CertificateProblem | undefined {
  const [, says, advice] = PROBLEMS.find(([pattern]) => pattern.test(code)) ?? [];
  if (says === undefined || advice === undefined) return undefined;
  return { says, advice: typeof advice === 'string' ? advice : advice(checks) };
}
