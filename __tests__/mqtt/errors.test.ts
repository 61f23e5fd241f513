import { describe, expect, test } from 'vitest';
import { ProxyError } from '../../src/http/errors.ts';
import { connackRefused, proxyFailed, socketFailed, timedOut } from '../../src/mqtt/errors.ts';

const withCode = (code: string) => Object.assign(new Error('what a server says'), { code });

describe('a socket error', () => {
  test.each([
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', "the broker rejected the agent's certificate", false],
    [
      'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED',
      "the broker rejected the agent's certificate",
      false,
    ],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', "the broker rejected the agent's certificate", false],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "the broker's certificate is for another host", true],
    ['CERT_HAS_EXPIRED', "the broker's certificate has expired", true],
    ['CERT_NOT_YET_VALID', "the broker's certificate is not valid yet", true],
    ['INVALID_PURPOSE', "the broker's certificate can't be verified", true],
    ['SELF_SIGNED_CERT_IN_CHAIN', "the broker's certificate is not trusted", true],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', "the broker's certificate is not trusted", true],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', "the broker's certificate is not trusted", true],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', "the broker's certificate is not trusted", true],
    [
      'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
      'the broker does not support the protocol',
      true,
    ],
    ['ENOTFOUND', "the broker's name could not be resolved", false],
    ['ECONNREFUSED', 'the broker refused the connection', false],
    ['ECONNRESET', 'the broker reset the connection', false],
    ['EPROTO', 'no TLS connection to the broker could be established', false],
    ['EHOSTUNREACH', 'the connection to the broker failed', false],
  ])('%s is explained in plain words', (code, reason, isFinal) => {
    const failed = socketFailed(withCode(code));
    expect(failed.reason).toMatch(new RegExp(`^${reason}.*\\(${code}\\)$`));
    expect(failed.isFinal).toBe(isFinal);
    expect(JSON.stringify(failed)).not.toContain('what a server says');
    expect(failed.advice).toMatch(/^[A-Z].*\.$/);
  });
});

test.each([1, 2, 3, 4, 5, 99])('CONNACK code %i is reported with its number', (code) => {
  expect(connackRefused(code).reason).toContain(`CONNACK code ${code}: it `);
  expect(connackRefused(code).isFinal).toBe(code === 1);
});

test.each([
  [undefined, false, /NO_PROXY/],
  [407, true, /^It requires credentials/],
  [403, true, /^Many proxies allow only port 443/],
  [408, false, /NO_PROXY/],
  [499, true, /^Many proxies allow only port 443/],
  [500, false, /NO_PROXY/],
])('an answer of a proxy with status %j can be final: %j', (status, isFinal, advice) => {
  const error = new ProxyError('answered', status === undefined ? {} : { status });
  expect(proxyFailed(error, 'HTTPS_PROXY')).toEqual({
    reason: 'the proxy in HTTPS_PROXY answered',
    advice: expect.stringMatching(advice),
    isFinal,
  });
});

test('a certificate of a proxy has its own advice', () => {
  const problem = { says: 'has expired', advice: 'Check the clock.' };
  const failed = proxyFailed(new ProxyError("can't be reached", { problem }), 'HTTPS_PROXY');
  expect(failed).toMatchObject({ advice: 'Check the clock.', isFinal: true });
});

test('an attempt that times out was not interrupted, unlike one that is cut short', () => {
  expect(timedOut('no CONNACK arrived', new DOMException('', 'TimeoutError'))).toMatchObject({
    reason: 'no CONNACK arrived within 10 s',
    isFinal: false,
    isInterrupted: false,
  });
  expect(timedOut('no CONNACK arrived', new DOMException('', 'AbortError'))).toMatchObject({
    reason: 'no CONNACK arrived before the time limit',
    isFinal: false,
    isInterrupted: true,
  });
});
