import { X509Certificate } from 'node:crypto';

/** A certificate of the embedded Insights Hub, with an end that can't be read. */
export function withUnreadableDate(certificate: string): string {
  const der = new X509Certificate(certificate).raw;
  // UTCTime 491231235959Z, with a month that no year has.
  der.write('1331235959Z', der.indexOf('1231235959Z'));
  const body = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${body}-----END CERTIFICATE-----\n`;
}
