import { describe, expect, test } from 'vitest';
import { connackRefusal, socketRefusal } from '../../src/mqtt/reasons.ts';

const withCode = (code: string) => Object.assign(new Error('what a server says'), { code });

describe('a socket error', () => {
  test.each([
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', "the broker refused the agent's certificate", false],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      "the broker refused the agent's certificate",
      false,
    ],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', "the broker refused the agent's certificate", false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "the broker's certificate is for another host", true],
    ['CERT_HAS_EXPIRED', "the broker's certificate is not valid now", true],
    ['SELF_SIGNED_CERT_IN_CHAIN', "the broker's certificate is not trusted", true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', "the broker's certificate is not trusted", true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', "the broker's certificate is not trusted", true],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', "the broker's certificate is not trusted", true],
    ['ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL', 'the broker does not know the protocol', true],
    ['ENOTFOUND', "the broker's name could not be resolved", false],
    ['ECONNREFUSED', 'the broker refused the connection', false],
    ['ECONNRESET', 'the broker reset the connection', false],
    ['EPROTO', 'no TLS connection to the broker could be made', false],
    ['EHOSTUNREACH', 'the connection to the broker failed', false],
  ])('%s is told in plain words', (code, reason, isFinal) => {
    const refusal = socketRefusal(withCode(code));
    expect(refusal.reason).toMatch(new RegExp(`^${reason}.*\\(${code}\\)$`));
    expect(refusal.isFinal).toBe(isFinal);
    expect(JSON.stringify(refusal)).not.toContain('what a server says');
    expect(refusal.advice).toMatch(/^[A-Z].*\.$/);
  });
});

test.each([1, 2, 3, 4, 5, 99])('CONNACK code %i is told with its number', (code) => {
  expect(connackRefusal(code).reason).toContain(`CONNACK with code ${code}: it `);
  expect(connackRefusal(code).isFinal).toBe(code === 1);
});
