import { expect, test } from 'vitest';
import { certificateProblem } from '../../src/http/certificate-problems.ts';

const checks = { host: 'About the host.', authority: 'About the issuer.' };
const unknown = 'is not trusted, because the runner does not know its issuer';
const broken = "can't be verified";

/** All codes that Node has for certificates, but those of revocation lists, which it never reads. */
test.each([
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'is for another host', /^About the host\.$/],
  ['ERR_TLS_CERT_ALTNAME_FORMAT', 'is for another host', /^About the host\.$/],
  ['HOSTNAME_MISMATCH', 'is for another host', /^About the host\.$/],
  ['CERT_HAS_EXPIRED', 'has expired', /clock.*renew/],
  ['CERT_NOT_YET_VALID', 'is not valid yet', /clock/],
  ['CERT_REVOKED', 'was revoked', /server.s operator/],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', unknown, /^About the issuer\.$/],
  ['SELF_SIGNED_CERT_IN_CHAIN', unknown, /^About the issuer\.$/],
  ['UNABLE_TO_GET_ISSUER_CERT', unknown, /^About the issuer\.$/],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', unknown, /^About the issuer\.$/],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', unknown, /^About the issuer\.$/],
  ['CERT_UNTRUSTED', unknown, /^About the issuer\.$/],
  ['CERT_SIGNATURE_FAILURE', broken, /proxy in between/],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', broken, /proxy in between/],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', broken, /proxy in between/],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', broken, /proxy in between/],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', broken, /proxy in between/],
  ['CERT_CHAIN_TOO_LONG', broken, /proxy in between/],
  ['CERT_REJECTED', broken, /proxy in between/],
  ['INVALID_CA', broken, /proxy in between/],
  ['INVALID_PURPOSE', broken, /proxy in between/],
  ['PATH_LENGTH_EXCEEDED', broken, /proxy in between/],
  ['UNSPECIFIED', broken, /proxy in between/],
])('%s is a certificate that %s', (code, says, advice) => {
  expect(certificateProblem(code, checks)).toEqual({
    says,
    advice: expect.stringMatching(advice),
  });
});

test.each([
  'ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE',
  'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
  'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ECONNRESET',
  'INVALID_ARGUMENT',
  'unknown error',
])('%s has nothing to do with the server’s certificate', (code) => {
  expect(certificateProblem(code, checks)).toBeUndefined();
});
