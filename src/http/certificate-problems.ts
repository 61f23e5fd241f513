/** What to do where that depends on whose certificate it is: sentences. */
export interface CertificateChecks {
  /** about a certificate for another host */
  readonly host: string;
  /** about one whose issuer is not known here */
  readonly authority: string;
}

/** Why a certificate was not accepted. Another try would end in the same way. */
export interface CertificateProblem {
  /** follows "certificate" */
  readonly says: string;
  /** sentences */
  readonly advice: string;
}

export const COMPANY_CA =
  "If a company's own CA issued it, such as that of a proxy that looks into TLS, set NODE_EXTRA_CA_CERTS on the runner to the file of that CA's certificate.";

/** By the codes of Node, most of which are OpenSSL's (`X509_V_ERR_…`). The first match holds. */
const PROBLEMS: readonly (readonly [
  RegExp,
  string,
  string | ((checks: CertificateChecks) => string),
])[] = [
  [/ALTNAME|^HOSTNAME_MISMATCH$/, 'is for another host', ({ host }) => host],
  [
    /^CERT_HAS_EXPIRED$/,
    'has expired',
    "Check the runner's clock. If that is right, whoever runs the server has to renew it.",
  ],
  [/^CERT_NOT_YET_VALID$/, 'is not valid yet', "Check the runner's clock: it may be slow."],
  [/^CERT_REVOKED$/, 'was revoked', 'Tell whoever runs the server.'],
  [
    /SELF_SIGNED|^UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|^CERT_UNTRUSTED$/,
    'is not trusted, because its issuer is unknown here',
    ({ authority }) => authority,
  ],
  [
    /^(CERT_|ERROR_IN_CERT|UNABLE_TO_DEC|INVALID_(CA|PURPOSE)$|PATH_LENGTH|UNSPECIFIED$)/,
    "can't be verified",
    'Tell whoever runs the server, or the proxy in between that looks into TLS.',
  ],
];

/** What is wrong with a certificate, by the code of an error; nothing if that is not the trouble. */
export function certificateProblem(
  code: string,
  checks: CertificateChecks,
): CertificateProblem | undefined {
  const [, says, advice] = PROBLEMS.find(([pattern]) => pattern.test(code)) ?? [];
  if (says === undefined || advice === undefined) return undefined;
  return { says, advice: typeof advice === 'string' ? advice : advice(checks) };
}
