/** A phrase for a person who reads the page; follows "what goes wrong is:". */
export interface Phrase {
  readonly phrase: string;
  /** what faults of one kind share, with "…" in the place of what is their own */
  readonly kind: string;
  readonly own: string;
}

/** A phrase of its own, or a kind of phrases and what goes in the place of its "…". */
export type Words = string | readonly [kind: string, own: string];

export function phraseOf(words: Words): Phrase {
  const [kind, own] = typeof words === 'string' ? ['…', words] : words;
  return { phrase: kind.replace('…', own), kind, own };
}

/** The phrases of several faults, those of one kind in one, in the order of their first ones. */
export function together(phrases: readonly Phrase[]): readonly string[] {
  const kinds = new Map<string, readonly string[]>();
  for (const { kind, own, phrase } of phrases) {
    const key = kind === '…' ? phrase : kind;
    kinds.set(key, [...(kinds.get(key) ?? []), own]);
  }
  return [...kinds].map(([kind, own]) => kind.replace('…', listed(own)));
}

function listed(parts: readonly string[]): string {
  const isStatuses = parts.every((part) => /^\d+$/.test(part));
  const ordered = isStatuses ? [...parts].sort() : parts;
  const last = ordered.at(-1) ?? '';
  return ordered.length < 2 ? last : `${ordered.slice(0, -1).join(', ')} or ${last}`;
}
