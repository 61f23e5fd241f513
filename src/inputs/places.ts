import type { InputReader } from './reader.ts';

/** What `destination` lists, one per line or separated by commas; each place counts once. */
export function readPlaces<T extends string>(
  reader: InputReader,
  known: readonly T[],
): readonly T[] {
  const given = reader
    .list('destination')
    .flatMap((line) => line.split(','))
    .map((place) => place.trim())
    .filter(Boolean);
  const unknown = given.filter((place) => !known.some((candidate) => candidate === place));
  if (unknown.length > 0) {
    reader.problem(
      `\`destination\` takes ${known.join(', ')}, not ${reader.quote(unknown.join(', '))}.`,
    );
  }
  return known.filter((candidate) => given.includes(candidate));
}
