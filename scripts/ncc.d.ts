declare module '@vercel/ncc' {
  /** Bundles a script and all that it needs. */
  export default function ncc(
    entry: string,
    options: { readonly cache: boolean; readonly license: string; readonly quiet: boolean },
  ): Promise<{
    readonly code: string;
    readonly assets: Readonly<Record<string, { readonly source: string | Buffer }>>;
  }>;
}
