import type { FrameNumber, MessageRow } from '../capture/units.ts';
import type { Analysis } from './analysis.ts';
import { type CompiledFilter, passesFilter } from './filter/compile.ts';
import { compileMessageFilter } from './message-filter.ts';
import { MessageFacts } from './message-facts.ts';
import type { AlertStatus } from './recording-protocol.ts';

/**
 * Counts the messages that come from now on and pass a filter. Each is tested once, when it comes: what an answer or
 * the lack of one says of it later is not waited for. When the same capture is analysed anew, messages of frames that
 * were tested are not counted again.
 */
export class AlertRows {
  #messages = 0;
  #last: string | undefined;
  /** Highest frame number of the messages that were tested. */
  #seenFrame: FrameNumber = 0;
  /** Frames up to this one were tested in an analysis before this one. */
  #skipTo: FrameNumber = 0;
  /** Rows that were tested. */
  #tested: MessageRow = 0;
  #isTesting = false;
  #generation = 0;
  #filter: CompiledFilter;
  #facts: MessageFacts;

  /** Starts behind the last message of the analysis. */
  constructor(
    readonly text: string,
    private analysis: Analysis,
    filter: CompiledFilter,
  ) {
    this.#filter = filter;
    this.#facts = new MessageFacts(analysis);
    const { messages } = analysis.tracking;
    this.#tested = messages.count;
    if (messages.count > 0) this.#seenFrame = messages.frame.get(messages.count - 1);
  }

  get status(): AlertStatus {
    const status: AlertStatus = { text: this.text, messages: this.#messages };
    if (this.#last !== undefined) status.last = this.#last;
    return status;
  }

  /** True where rows wait to be tested. */
  get isBehind(): boolean {
    return !this.#isTesting && this.#tested < this.analysis.tracking.messages.count;
  }

  /**
   * Goes on with another analysis: of the same capture, or, where `isAnother`, of another one, whose messages are all
   * new. False where the expression has a fault there.
   */
  follow(analysis: Analysis, isAnother: boolean): boolean {
    const filter = compileMessageFilter(this.text, analysis);
    if (!filter.ok) return false;
    this.#generation++;
    this.#isTesting = false;
    this.analysis = analysis;
    this.#filter = filter;
    this.#facts = new MessageFacts(analysis);
    this.#tested = 0;
    this.#skipTo = isAnother ? 0 : this.#seenFrame;
    if (isAnother) {
      this.#seenFrame = 0;
      this.#messages = 0;
      this.#last = undefined;
    }
    return true;
  }

  /** Tests the rows that came since; true where one of them passes. */
  async catchUp(breathe: () => Promise<void> | undefined): Promise<boolean> {
    if (!this.isBehind) return false;
    const generation = this.#generation;
    const before = this.#messages;
    const { messages } = this.analysis.tracking;
    this.#isTesting = true;
    // What a live stream has dropped meanwhile cannot be tested any more.
    this.#tested = Math.max(this.#tested, messages.firstRow);
    while (this.#tested < messages.count) {
      const row = this.#tested++;
      const frame = messages.frame.get(row);
      if (frame > this.#skipTo) {
        this.#seenFrame = frame;
        let passes = passesFilter(this.#filter, row);
        if (typeof passes !== 'boolean') {
          // A message whose bytes cannot be read has no such field, as in any filter.
          passes = await passes.catch(() => false);
          if (generation !== this.#generation) return false;
        }
        if (passes) {
          this.#messages++;
          this.#last = this.#facts.id(row);
        }
      }
      const pause = breathe();
      if (pause !== undefined) await pause;
      if (generation !== this.#generation) return false;
    }
    this.#isTesting = false;
    return this.#messages > before;
  }
}
