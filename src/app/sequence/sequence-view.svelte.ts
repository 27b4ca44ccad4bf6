import type { SequenceChoice, SequenceLane, SequenceLine } from '../../analysis/sequence-protocol.ts';
import type { MessageRow } from '../../capture/units.ts';
import type { Session } from '../session.svelte.ts';
import { FetchedRows } from '../values/fetched-rows.svelte.ts';

/** Live, the view asks anew at most so often, in milliseconds. */
const REFRESH_MS = 250;
/** It waits so many times as long as the last answer took. */
const PAUSE_SHARE = 4;

/** What the ladder shows and asks for. */
export class SequenceView {
  readonly session: Session;
  readonly lines: FetchedRows<SequenceLine>;

  lanes = $state.raw<readonly SequenceLane[]>([]);
  /** Messages of the ladder, empty ACKs left out, and transfers that became a line. */
  messages = $state(0);
  hidden = $state(0);
  transfers = $state(0);
  /** Transfers that are shown otherwise than the rest, by their first message. */
  turned = $state.raw<readonly MessageRow[]>([]);
  /** Line that the keys are on; -1 for none. */
  active = $state(-1);
  /** Counts what the ladder was made of anew; the lines are other ones then. */
  ladders = $state(0);

  #steps = 0;
  #lastRefresh = 0;
  #pause = REFRESH_MS;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(session: Session) {
    this.session = session;
    this.lines = new FetchedRows(async (first, count) => {
      const { ladders } = this;
      const answer = await session.attempt(session.client.sequence({ ...this.choice, first, count }));
      if (answer === undefined || ladders !== this.ladders) return undefined;
      this.lanes = answer.lanes;
      this.messages = answer.messages;
      this.hidden = answer.hidden;
      this.transfers = answer.transfers;
      return { total: answer.total, first: answer.first, rows: answer.lines };
    });
  }

  /** What the ladder is made of; plain, so that it can be sent to the worker. */
  get choice(): SequenceChoice {
    const { device, hideAcks, unfoldAll } = this.session.sequence;
    return { device: device ?? -1, hideAcks, unfoldAll, turned: [...this.turned] };
  }

  /** Shows other messages or shows them otherwise; what is selected is looked for again. */
  async change(change: Partial<Session['sequence']>): Promise<void> {
    this.session.sequence = { ...this.session.sequence, ...change };
    this.turned = [];
    await this.renew();
  }

  /** The ladder has become another one. */
  async renew(): Promise<void> {
    this.ladders++;
    await this.lines.renew();
    await this.locate();
  }

  /** Chooses the device that is looked at: that of the selected message, else the first one. */
  async begin(): Promise<void> {
    const { session } = this;
    if (session.sequence.device === undefined) {
      const device = await this.#deviceOfSelected();
      // Where none is known yet, everything is shown until one is.
      if (device >= 0 || session.status.devices > 0)
        session.sequence = { ...session.sequence, device: Math.max(0, device) };
    }
    await this.renew();
  }

  async #deviceOfSelected(): Promise<number> {
    const { selectedRow } = this.session;
    if (selectedRow === undefined) return -1;
    return (await this.session.attempt(this.session.client.deviceOfRow(selectedRow))) ?? -1;
  }

  /** A message was selected elsewhere: goes to it, and to its device. */
  async follow(): Promise<void> {
    const { session } = this;
    const step = ++this.#steps;
    const shown = session.sequence.device ?? -1;
    const device = shown < 0 ? -1 : await this.#deviceOfSelected();
    if (step !== this.#steps || this.#isStopped) return;
    if (shown >= 0 && device >= 0 && device !== shown) await this.change({ device });
    else if (shown >= 0 && device < 0) this.active = -1;
    else await this.locate();
  }

  /** Finds the line of the selected message. */
  async locate(): Promise<void> {
    const { selectedRow } = this.session;
    const step = ++this.#steps;
    if (selectedRow === undefined) {
      this.active = -1;
      return;
    }
    const line = await this.session.attempt(this.session.client.sequenceLine(this.choice, selectedRow));
    if (step === this.#steps && line !== undefined) this.active = line;
  }

  /** Goes to a line; from a pause on to the next message in the direction of `way`. */
  async select(index: number, way: 1 | -1): Promise<void> {
    const step = ++this.#steps;
    for (
      let at = Math.max(0, Math.min(index, this.lines.total - 1));
      at >= 0 && at < this.lines.total;
      at += way
    ) {
      const line = this.lines.row(at) ?? (await this.#fetch(at));
      if (step !== this.#steps || line === undefined) return;
      if (line.kind === 'wait' || line.kind === 'gap') continue;
      this.active = at;
      this.session.select(line.row, 'sequence');
      return;
    }
  }

  async #fetch(first: number): Promise<SequenceLine | undefined> {
    const answer = await this.session.attempt(
      this.session.client.sequence({ ...this.choice, first, count: 1 }),
    );
    return answer?.lines[0];
  }

  /** Folds a transfer, or unfolds it. */
  async turn(line: SequenceLine): Promise<void> {
    if (line.transfer === undefined) return;
    const { row } = line;
    this.turned = this.turned.includes(row)
      ? this.turned.filter((other) => other !== row)
      : [...this.turned, row];
    // The line itself stays where it is: what changes stands below it.
    this.ladders++;
    await this.lines.renew();
  }

  /** News of the analysis: asks anew, not too often. */
  refreshSoon(): void {
    if (this.#timer !== undefined) return;
    const wait = Math.max(0, this.#lastRefresh + this.#pause - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const asked = performance.now();
      // A long ladder takes long to be made anew: the worker has other things to do too.
      void this.lines.refresh().then(() => {
        this.#lastRefresh = performance.now();
        this.#pause = Math.max(REFRESH_MS, PAUSE_SHARE * (this.#lastRefresh - asked));
      });
    }, wait);
  }

  stop(): void {
    this.#isStopped = true;
    this.#steps++;
    clearTimeout(this.#timer);
  }

  /** Leads to a message in the view of messages. */
  goToMessage(row: MessageRow): void {
    this.session.select(row, 'sequence');
    this.session.view = 'messages';
  }
}
