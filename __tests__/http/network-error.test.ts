import { describe, expect, test } from 'vitest';
import {
  explainNetworkError,
  explainProxyError,
  ProxyError,
} from '../../src/http/network-error.ts';

const errorWith = (code: string) => Object.assign(new Error('SecretGreeting'), { code });

describe('why no answer came', () => {
  test.each([
    ['ENOTFOUND', 'the name hub.invalid could not be resolved'],
    ['EAI_AGAIN', 'the name hub.invalid could not be resolved'],
    ['ECONNREFUSED', 'hub.invalid refused the connection'],
    ['ECONNRESET', 'hub.invalid closed the connection'],
    ['EPIPE', 'hub.invalid closed the connection'],
    ['UND_ERR_SOCKET', 'hub.invalid closed the connection'],
    ['ETIMEDOUT', 'hub.invalid did not accept the connection in time'],
    ['UND_ERR_CONNECT_TIMEOUT', 'hub.invalid did not accept the connection in time'],
    ['EHOSTUNREACH', 'there is no network route to hub.invalid'],
    ['ENETUNREACH', 'there is no network route to hub.invalid'],
    ...[
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_LOCALLY',
    ].map((code) => [
      code,
      "the TLS certificate of hub.invalid is not trusted; for a company's own CA set NODE_EXTRA_CA_CERTS on the runner",
    ]),
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'no TLS connection to hub.invalid could be made'],
    ['ERR_TLS_HANDSHAKE', 'no TLS connection to hub.invalid could be made'],
    ['HPE_INVALID_CONSTANT', 'hub.invalid did not answer with HTTP'],
    ['EMFILE', 'the connection to hub.invalid failed'],
    ['NOT_HPE_', 'the connection to hub.invalid failed'],
  ])('is told for %s', (code = '', words) => {
    expect(explainNetworkError(errorWith(code), 'hub.invalid')).toBe(`${words} (${code})`);
  });

  test('is told for what is no error', () => {
    expect(explainNetworkError('SecretGreeting', 'hub.invalid')).toBe(
      'the connection to hub.invalid failed (unknown error)',
    );
  });

  test('is the fault of the proxy, if it is, with the variable that names it', () => {
    const error = new ProxyError('answered with status 407');
    const hint = 'check that variable, and NO_PROXY for hosts that are reached directly';
    const proxy = { variable: 'HTTPS_PROXY', url: 'http://user:word@proxy:3128' };
    expect(explainNetworkError(error, 'hub.invalid', proxy)).toBe(
      `the proxy that HTTPS_PROXY names answered with status 407; ${hint}`,
    );
    expect(explainNetworkError(error, 'hub.invalid')).toBe(
      `the proxy answered with status 407; ${hint}`,
    );
  });

  test('is told of a proxy that can not be reached', () => {
    expect(explainProxyError(errorWith('ECONNREFUSED'))).toBe("can't be reached (ECONNREFUSED)");
  });
});

test('an error of a proxy carries what is known of it', () => {
  const cause = new Error('why');
  const error = new ProxyError('answered with status 407', { cause, status: 407 });
  expect(error).toMatchObject({ reason: 'answered with status 407', status: 407, cause });
  expect(String(error)).toBe('ProxyError: no connection through the proxy');
  expect(new ProxyError('x')).not.toHaveProperty('cause');
});
