import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import type { FunctionDefinition } from '@actions/expressions/funcs/info';

/** What an expression may refer to. Any other context is an error, as on GitHub. */
export interface Scope {
  readonly contexts: Readonly<Record<string, unknown>>;
  /** the results of `success()` and `failure()`, which only conditions may call */
  readonly status?: { readonly success: boolean; readonly failure: boolean };
}

/** Replaces every `${{ }}` in a text by its value. */
export function interpolate(text: string, scope: Scope): string {
  return text.replaceAll(EXPRESSION, (_, source: string) => evaluate(source, scope).coerceString());
}

/** Interpolates the values of a mapping. */
export function interpolateAll(
  values: Readonly<Record<string, unknown>> | undefined,
  scope: Scope,
): Readonly<Record<string, string>> {
  const entries = Object.entries(values ?? {});
  return Object.fromEntries(
    entries.map(([name, value]) => [name, interpolate(String(value ?? ''), scope)]),
  );
}

/**
 * Whether an `if` lets a job or step run. If it calls no status function, `success()` must hold as
 * well.
 */
export function holds(condition: string | boolean | undefined, scope: Scope): boolean {
  const text = String(condition ?? '').trim() || 'success()';
  const source = text.replace(/^\$\{\{(.*)\}\}$/s, '$1');
  if (source.includes('${{')) throw new Error(`always true: if: ${text}`);
  const whole = hasStatusFunction(source) ? source : `success() && (${source})`;
  return (
    new Evaluator(parserOf(`!!(${whole})`, scope).parse(), contextsOf(scope), functionsOf(scope))
      .evaluate()
      .number() === 1
  );
}

// An expression ends at the first }} outside a string.
const EXPRESSION = /\$\{\{((?:'[^']*'|[^'])*?)\}\}/g;

const STATUS_FUNCTIONS = ['success', 'failure', 'always', 'cancelled'];

function evaluate(source: string, scope: Scope): data.ExpressionData {
  const expression = parserOf(source, scope).parse();
  return new Evaluator(expression, contextsOf(scope), functionsOf(scope)).evaluate();
}

function parserOf(source: string, scope: Scope): Parser {
  const names = Object.keys(scope.contexts);
  return new Parser(new Lexer(source).lex().tokens, names, [...functionsOf(scope).values()]);
}

function hasStatusFunction(source: string): boolean {
  const lexemes = new Lexer(source).lex().tokens.map(({ lexeme }) => lexeme.toLowerCase());
  return lexemes.some(
    (lexeme, index) => STATUS_FUNCTIONS.includes(lexeme) && lexemes[index + 1] === '(',
  );
}

function contextsOf({ contexts }: Scope): data.Dictionary {
  const pairs = Object.entries(contexts).map(([key, value]) => ({ key, value: dataOf(value) }));
  return new data.Dictionary(...pairs);
}

function dataOf(value: unknown): data.ExpressionData {
  return JSON.parse(JSON.stringify(value), data.reviver);
}

/** The status functions, which only conditions may call. The player never cancels a run. */
function functionsOf({ status }: Scope): Map<string, FunctionDefinition> {
  const results: Readonly<Record<string, boolean>> =
    status === undefined ? {} : { ...status, always: true, cancelled: false };
  return new Map(
    Object.entries(results).map(([name, value]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(value) },
    ]),
  );
}
