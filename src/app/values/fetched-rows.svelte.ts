/** Rows fetched beyond what is seen, on each side. */
const MARGIN = 60;
/** Rows that one answer may hold. */
const MOST_ROWS = 200;

/** An answer: how many rows there are, and those asked for. */
export interface RowAnswer<Row> {
  total: number;
  first: number;
  rows: readonly Row[];
}

/**
 * The rows of a list that are in sight or near, fetched as they are needed. What is shown stays on the screen until its
 * successor is there; of several requests under way only the last counts.
 */
export class FetchedRows<Row> {
  total = $state(0);
  #held = $state.raw<RowAnswer<Row>>({ total: 0, first: 0, rows: [] });
  readonly #fetch: (first: number, count: number) => Promise<RowAnswer<Row> | undefined>;
  #wanted = { first: 0, count: 0 };
  #stale = false;
  #busy = false;
  /** Answers about an earlier list are dropped. */
  #list = 0;

  constructor(fetch: (first: number, count: number) => Promise<RowAnswer<Row> | undefined>) {
    this.#fetch = fetch;
  }

  /** The rows that are here, in order. */
  get held(): RowAnswer<Row> {
    return this.#held;
  }

  row(index: number): Row | undefined {
    return this.#held.rows[index - this.#held.first];
  }

  has(first: number, count: number): boolean {
    const { first: begin, rows } = this.#held;
    return first >= begin && first + count <= begin + rows.length;
  }

  /** Asks for rows; a later request takes the place of an earlier one. */
  request(first: number, count: number): void {
    this.#wanted = { first, count };
    void this.#run();
  }

  /** The rows may have changed: asks for those in sight anew. */
  async refresh(): Promise<void> {
    this.#stale = true;
    await this.#run();
  }

  /** The list has become another one. */
  async renew(): Promise<void> {
    this.#list++;
    this.#busy = false;
    await this.refresh();
  }

  async #run(): Promise<void> {
    const { first, count } = this.#wanted;
    if (this.#busy || (!this.#stale && this.has(first, count))) return;
    const list = this.#list;
    this.#busy = true;
    this.#stale = false;
    const begin = Math.max(0, first - MARGIN);
    const answer = await this.#fetch(begin, Math.min(MOST_ROWS, first + count + MARGIN - begin));
    if (list !== this.#list) return;
    this.#busy = false;
    if (answer === undefined) return;
    this.#held = answer;
    this.total = answer.total;
    // What was asked for meanwhile; rows beyond the end are never here.
    const missing = this.#wanted.first !== first || this.#wanted.count !== count;
    if (this.#stale || (missing && this.#wanted.first < answer.total)) await this.#run();
  }
}
