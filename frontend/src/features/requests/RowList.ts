type Row = { id: string };
type LoadedPage = { rows: number; endCursor: string | null };

/**
 * The rows of a long list, the newest first: pages of stored ones below, live ones above, none of them
 * twice, and never more than `most`. Past that, the oldest pages are let go and can be loaded again.
 */
export class RowList<Item extends Row> {
  /** The visible rows. Always the same array, because copying a hundred thousand rows takes time. */
  readonly rows: Item[] = [];
  readonly #known = new Set<string>();
  #pages: LoadedPage[] = [];
  #hasMore = true;

  constructor(readonly most: number) {}

  /** The cursor of the next older page; null for the first page. */
  get cursor(): string | null {
    return this.#pages.at(-1)?.endCursor ?? null;
  }

  /** Whether older rows exist that are not loaded. */
  get hasMore(): boolean {
    return this.#hasMore;
  }

  /** Whether a row is loaded. */
  has(id: string): boolean {
    return this.#known.has(id);
  }

  /** Adds a page of older rows. */
  append(page: readonly Item[], endCursor: string | null, hasMore: boolean) {
    const fresh = page.filter((row) => this.#admit(row));
    for (const row of fresh) this.rows.push(row);
    this.#pages.push({ rows: fresh.length, endCursor });
    this.#hasMore = hasMore && endCursor !== null;
  }

  /** Adds rows that just arrived, oldest first. Returns "full" if there were too many and the list was cleared. */
  prepend(arrived: readonly Item[]): "kept" | "full" {
    const fresh = arrived.filter((row) => this.#admit(row)).reverse();
    this.rows.unshift(...fresh);
    while (this.rows.length > this.most && this.#pages.length > 1) this.#dropPage();
    if (this.rows.length <= this.most) return "kept";
    this.clear();
    return "full";
  }

  /** Removes all rows. */
  clear() {
    this.rows.length = 0;
    this.#known.clear();
    this.#pages = [];
    this.#hasMore = true;
  }

  #admit(row: Item): boolean {
    if (this.#known.has(row.id)) return false;
    this.#known.add(row.id);
    return true;
  }

  #dropPage() {
    const page = this.#pages.pop();
    if (!page) return;
    const dropped = page.rows > 0 ? this.rows.splice(-page.rows) : [];
    for (const row of dropped) this.#known.delete(row.id);
    this.#hasMore = true;
  }
}
