/** The values that a record can be filtered by; missing ones are undefined. */
export type Fields = Readonly<Record<string, string | undefined>>;

/** Whether a record matches. */
export type Filter = (fields: Fields) => boolean;

type Condition = (value: string | undefined) => boolean;

interface Known {
  readonly fields: readonly string[];
  /** whether a filter that names another field is malformed; otherwise the field is ignored */
  readonly refusesOthers: boolean;
}

class MalformedFilter extends Error {}

/**
 * Parses the parameter `filter`, for example `{"name":{"startsWith":"a"},"deleted":null}`, in the
 * language that Siemens' pages "Filtering" describe, without the operators for times. Returns undefined if
 * it is malformed.
 */
export function readFilter(query: URLSearchParams, known: Known): Filter | undefined {
  const text = query.get('filter');
  if (text === null) return () => true;
  try {
    return expression(parse(text), known, every) ?? (() => true);
  } catch (error) {
    if (error instanceof MalformedFilter) return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedFilter();
  }
}

type Combine = (filters: readonly Filter[]) => Filter;

const every: Combine = (filters) => (fields) => filters.every((filter) => filter(fields));
const some: Combine = (filters) => (fields) => filters.some((filter) => filter(fields));

/** A filter for an object of fields and operations; undefined if all of them are ignored. */
function expression(wanted: unknown, known: Known, combine: Combine): Filter | undefined {
  const filters = Object.entries(asObject(wanted)).flatMap(
    ([name, value]) => operand(name, value, known) ?? [],
  );
  return filters.length === 0 ? undefined : combine(filters);
}

function operand(name: string, wanted: unknown, known: Known): Filter | undefined {
  switch (name) {
    case 'and':
      return expression(wanted, known, every);
    case 'or':
      return expression(wanted, known, some);
    case 'not': {
      const filter = expression(wanted, known, every);
      return filter && ((fields) => !filter(fields));
    }
  }
  const matches = condition(wanted);
  if (known.fields.includes(name)) return (fields) => matches(fields[name]);
  if (known.refusesOthers) throw new MalformedFilter();
  return undefined;
}

/** The condition for one field: a value, or an object of functions that must all match. */
function condition(wanted: unknown): Condition {
  if (wanted === null) return (value) => value === undefined;
  if (typeof wanted === 'string') return (value) => value === wanted;
  const conditions = Object.entries(asObject(wanted)).map(([name, value]) => {
    const make = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
    if (make === undefined) throw new MalformedFilter();
    return make(value);
  });
  if (conditions.length === 0) throw new MalformedFilter();
  return (value) => conditions.every((matches) => matches(value));
}

const FUNCTIONS: Readonly<Record<string, (wanted: unknown) => Condition>> = {
  eq: (wanted) => {
    if (wanted !== null && typeof wanted !== 'string') throw new MalformedFilter();
    return condition(wanted);
  },
  in: (wanted) => {
    const listed = asArray(Array.isArray(wanted) ? wanted : asObject(wanted)['value']).map(asText);
    return (value) => value !== undefined && listed.includes(value);
  },
  startsWith: textual((value, wanted) => value.startsWith(wanted)),
  contains: textual((value, wanted) => value.includes(wanted)),
  endsWith: textual((value, wanted) => value.endsWith(wanted)),
  and: (wanted) => {
    const conditions = asArray(wanted).map(condition);
    return (value) => conditions.every((matches) => matches(value));
  },
  or: (wanted) => {
    const conditions = asArray(wanted).map(condition);
    return (value) => conditions.some((matches) => matches(value));
  },
};

function textual(matches: (value: string, wanted: string) => boolean) {
  return (wanted: unknown): Condition => {
    const text = asText(wanted);
    return (value) => value !== undefined && matches(value, text);
  };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedFilter();
  }
  return { ...value };
}

function asArray(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedFilter();
  return value;
}

function asText(value: unknown): string {
  if (typeof value !== 'string') throw new MalformedFilter();
  return value;
}
