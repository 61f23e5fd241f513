import { describe, expect, test } from 'vitest';
import { readPlaces } from '../../src/inputs/places.ts';
import { readProxies } from '../../src/inputs/proxies.ts';
import { read } from './source.ts';

describe('places', () => {
  const known = ['workspace', 'repository', 'environment'] as const;
  const placesOf = (destination: string) => {
    const { reader, problems } = read({ destination });
    return [readPlaces(reader, known), problems()] as const;
  };

  test.each([
    ['workspace', ['workspace']],
    ['environment,repository', ['repository', 'environment']],
    [' environment \n\n workspace , workspace', ['workspace', 'environment']],
    ['repository,', ['repository']],
    ['', []],
    [',', []],
  ])('%j are %j', (destination, places) => {
    expect(placesOf(destination)).toEqual([places, []]);
  });

  test('that are not known are told together', () => {
    expect(placesOf('workspace, moon\nMars')).toEqual([
      ['workspace'],
      ['`destination` takes workspace, repository, environment, not "moon, Mars".'],
    ]);
  });
});

describe('the proxies of the environment', () => {
  test('are read', () => {
    const { reader } = read({}, { environment: { https_proxy: 'proxy:3128', NO_PROXY: 'A,b' } });
    expect(readProxies(reader)).toEqual({
      http: undefined,
      https: { variable: 'https_proxy', url: 'http://proxy:3128' },
      direct: ['a', 'b'],
    });
  });

  test('are a problem like that of an input', () => {
    const { reader, problems } = read({}, { environment: { HTTP_PROXY: 'socks5://proxy' } });
    expect(readProxies(reader)).toBeUndefined();
    expect(problems()).toEqual([
      'The environment variable HTTP_PROXY is not the URL of an HTTP proxy. Set it to http://HOST:PORT, or unset it.',
    ]);
  });
});
