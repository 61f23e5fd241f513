import type { InputReader } from './reader.ts';

/** Which part of a list is taken: every `count`-th entry, from `index` on. */
export interface Shard {
  readonly index: number;
  readonly count: number;
}

/** More jobs than this has no matrix by far; a larger number is a mistake. */
const MOST_SHARDS = 10_000;

/** What `shard` asks for, `i/n` with i from 0; the whole list when it is not given. */
export function readShard(reader: InputReader): Shard {
  const value = reader.text('shard');
  if (value === '') return { index: 0, count: 1 };
  const [, index = '', count = ''] = /^(\d{1,5})\/(\d{1,5})$/.exec(value) ?? [];
  const shard = { index: Number(index), count: Number(count) };
  if (shard.count === 0 || shard.count > MOST_SHARDS) {
    reader.problem(
      `\`shard\` must be i/n, such as 0/4, with n from 1 to ${MOST_SHARDS}, not ${reader.quote(value)}.`,
    );
  } else if (shard.index >= shard.count) {
    reader.problem(
      `\`shard\` ${reader.quote(value)} is not there: the first of ${shard.count} is 0, the last ${shard.count - 1}.`,
    );
  }
  return shard;
}

/** The shard's part of a list, in the list's order. */
export function takeShard<T>(list: readonly T[], { index, count }: Shard): readonly T[] {
  return list.filter((_, position) => position % count === index);
}
