import { describe, expect, test } from 'vitest';
import { readBroker } from '../../src/inputs/broker.ts';
import { read } from './source.ts';

const settings = { tenant: 'mqtt1', region: 'eu1', apiUrl: '', tokenUrl: '' };

function brokerOf(url: string, tenant = 'mqtt1') {
  const { reader, problems } = read({ 'broker-url': url });
  return { broker: readBroker(reader, { ...settings, tenant }), problems: problems() };
}

describe('the URL of a broker', () => {
  test.each([
    ['mqtts://broker.{region}.invalid:8883', 'broker.eu1.invalid', 8883],
    ['mqtts://{tenant}_1-a.invalid', 'mqtt1_1-a.invalid', 8883],
    ['mqtts://broker:443/', 'broker', 443],
    ['mqtts://127.0.0.1:1', '127.0.0.1', 1],
    ['mqtts://[::1]:8883', '::1', 8883],
    ['mqtts://[::ffff:127.0.0.1]', '::ffff:7f00:1', 8883],
  ])('may be %s', (url, host, port) => {
    expect(brokerOf(url)).toEqual({ broker: { host, port }, problems: [] });
  });

  test.each([
    ['broker', 'is not a URL'],
    ['mqtts://', 'names no host'],
    ['mqtt://broker', 'must begin with mqtts://'],
    ['mqtt://127.0.0.1', 'must begin with mqtts://'],
    ['https://broker', 'must begin with mqtts://'],
    ['mqtts://1.2.3.999', 'names no host'],
    ['mqtts://a%20b', 'names no host'],
    ['mqtts://brok%C3%A9r', 'names no host'],
    ['mqtts://broker/mqtt', 'must not hold a path'],
    ['mqtts://broker//', 'must not hold a path'],
    ['mqtts://broker:0', 'must not have port 0'],
    ['mqtts://user@broker', 'must not hold a user name or a password'],
    ['mqtts://broker?a', 'must not hold a "?" or "#" part'],
  ])('may not be %s: it %s', (url, problem) => {
    expect(brokerOf(url)).toEqual({
      broker: undefined,
      problems: [`\`broker-url\` ${problem}: "${decodeURIComponent(url)}".`],
    });
  });

  test('may hold no other placeholder', () => {
    expect(brokerOf('mqtts://{api}')).toEqual({
      broker: undefined,
      problems: ['`broker-url` holds "{api}"; it may hold {tenant}, {region}.'],
    });
  });

  test('is no problem of its own when a value that fills it is one', () => {
    expect(brokerOf('mqtts://{tenant}', 'a/b')).toEqual({ broker: undefined, problems: [] });
  });
});
