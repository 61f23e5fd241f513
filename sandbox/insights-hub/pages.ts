import type { Fields } from './filters.ts';

/** The requested page of a list, and its order. */
export interface PageRequest {
  /** from 0 */
  readonly number: number;
  readonly size: number;
  readonly sort: readonly Order[];
}

interface Order {
  readonly property: string;
  readonly direction: 'ASC' | 'DESC';
}

/** How many elements a page has by default, and at most. */
interface Sizes {
  readonly usual: number;
  readonly most?: number;
}

/**
 * Reads the parameters `page`, `size` and `sort` (`name,DESC`). Invalid values and an order without
 * a field are ignored; sizes over the maximum become the maximum.
 */
export function readPage(query: URLSearchParams, { usual, most = Infinity }: Sizes): PageRequest {
  const size = wholeNumber(query.get('size')) || usual;
  return {
    number: wholeNumber(query.get('page')),
    size: Math.min(most, size),
    sort: query.getAll('sort').flatMap(readOrder),
  };
}

function wholeNumber(text: string | null): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : 0;
}

function readOrder(text: string): readonly Order[] {
  const [property = '', direction = 'ASC'] = text.split(',');
  const isDown = direction.toUpperCase() === 'DESC';
  if (/^(|asc|desc)$/i.test(property)) return [];
  return [{ property, direction: isDown ? 'DESC' : 'ASC' }];
}

/** A page of a list, and its place in it. */
interface Page<Element> {
  readonly elements: readonly Element[];
  readonly totalElements: number;
  readonly totalPages: number;
}

/** Sorts and cuts a list. A page after the last one is empty. */
export function pageOf<Element>(
  all: readonly Element[],
  fieldsOf: (element: Element) => Fields,
  { number, size, sort }: PageRequest,
): Page<Element> {
  const sorted = all.toSorted((one, other) => compare(fieldsOf(one), fieldsOf(other), sort));
  return {
    elements: sorted.slice(number * size, (number + 1) * size),
    totalElements: all.length,
    totalPages: Math.ceil(all.length / size),
  };
}

function compare(one: Fields, other: Fields, sort: readonly Order[]): number {
  for (const { property, direction } of sort) {
    const [first = '', second = ''] = [one[property], other[property]];
    if (first === second) continue;
    return first < second === (direction === 'ASC') ? -1 : 1;
  }
  return 0;
}

/** A page in the form of Spring Data, as Agent Management has it. */
export function springPage<Element>(page: Page<Element>, { number, size, sort }: PageRequest) {
  const { elements: content, totalElements, totalPages } = page;
  return {
    content,
    totalElements,
    totalPages,
    numberOfElements: content.length,
    size,
    number,
    first: number === 0,
    last: number >= totalPages - 1,
    sort: sort.map(({ property, direction }) => ({
      property,
      direction,
      ignoreCase: false,
      nullHandling: 'NATIVE',
      ascending: direction === 'ASC',
      descending: direction === 'DESC',
    })),
  };
}

/**
 * A page in the form of HAL, as Asset Management has it: without `_embedded` if it is empty. `url` is
 * the requested URL, and `name` is that of the list.
 */
export function halPage<Element>(
  page: Page<Element>,
  { number, size }: PageRequest,
  { url, name }: { readonly url: URL; readonly name: string },
) {
  const { elements, totalElements, totalPages } = page;
  const last = Math.max(0, totalPages - 1);
  const link = (to: number) => ({ href: linkTo(url, to, size) });
  return {
    ...(elements.length > 0 && { _embedded: { [name]: elements } }),
    _links: {
      self: link(number),
      first: link(0),
      ...(number > 0 && { prev: link(number - 1) }),
      ...(number < last && { next: link(number + 1) }),
      last: link(last),
    },
    page: { size, totalElements, totalPages, number },
  };
}

function linkTo(url: URL, number: number, size: number): string {
  const link = new URL(url);
  link.searchParams.set('page', String(number));
  link.searchParams.set('size', String(size));
  return link.href;
}
