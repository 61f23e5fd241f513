import type { IncomingHttpHeaders } from 'node:http';

/** A whole answer. Its body may hold secrets. */
export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** An answer of which only status and headers are known. */
export interface BrokenAnswer {
  readonly kind: 'broken-answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly why: 'cut-off' | 'too-large';
  readonly reason: string;
}

export interface NoAnswer {
  readonly kind: 'no-answer';
  /** Whether any of the request may have reached the server. */
  readonly sent: boolean;
  readonly reason: string;
}

/** What became of one attempt. */
export type Exchange = Answer | BrokenAnswer | NoAnswer;
