import { createHmac } from 'node:crypto';
import type { Secret } from '../secret.ts';

/** The end of a chain of sealed lines: the number of its last line, from 1, and that line's seal. */
export interface Link {
  readonly number: number;
  readonly seal: string;
}

/** A chain that has no lines yet. */
export const FIRST_LINK: Link = { number: 0, seal: '-' };

export interface SealedLine extends Link {
  /** number, the seal before it, its own seal and the content, without a line end */
  readonly line: string;
}

/** What is left of a chain. */
export interface OpenedChain {
  /** what was sealed with the key, in order, each once */
  readonly contents: readonly string[];
  /** how many lines were changed or repeated, or are not from this step */
  readonly others: number;
  /** whether every sealed line is there, as far as known */
  readonly isWhole: boolean;
}

const LINE = /^(\d{1,15}) (-|[\w-]{43}) ([\w-]{43}) (.*)$/s;

/** Seals a content without line ends as the next line of a chain. */
export function sealLine(content: string, before: Link, key: Secret): SealedLine {
  const number = before.number + 1;
  const seal = sealOf(number, before.seal, content, key);
  return { number, seal, line: `${number} ${before.seal} ${seal} ${content}` };
}

/**
 * Reads what is left of a chain, even if lines are missing or were changed. `count` is the number of
 * its last line, if known: without it, missing lines at the end go unnoticed. Text after the last line
 * end is a line that a killed step was writing.
 */
export function openChain(text: string, key: Secret, count?: number): OpenedChain {
  const lines = text.split('\n').slice(0, -1).filter(Boolean);
  const sealed = new Map<string, { readonly number: number; readonly content: string }>();
  for (const line of lines) {
    const [, digits = '', before = '', seal = '', content = ''] = LINE.exec(line) ?? [];
    const number = Number(digits);
    if (seal !== '' && seal === sealOf(number, before, content, key)) {
      sealed.set(seal, { number, content });
    }
  }
  const inOrder = [...sealed.values()].sort((one, other) => one.number - other.number);
  const numbers = new Set(inOrder.map(({ number }) => number));
  const last = inOrder.at(-1)?.number ?? 0;
  return {
    contents: inOrder.map(({ content }) => content),
    others: lines.length - sealed.size,
    // More lines than counted are still the step's own: nobody else has the key.
    isWhole: last === numbers.size && last >= (count ?? 0),
  };
}

/** HMAC-SHA256 of everything that a line states. Only the content could contain a line end. */
function sealOf(number: number, before: string, content: string, key: Secret): string {
  const text = `${number}\n${before}\n${content}`;
  return createHmac('sha256', key.reveal()).update(text).digest('base64url');
}
