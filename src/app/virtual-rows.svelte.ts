import { RowScale } from './row-scale.ts';

/** How long a jump waits for its rows before it shows empty ones, in milliseconds. */
const PATIENCE_MS = 120;

/** What a wheel that counts lines moves by, in pixels. */
const WHEEL_LINE_PX = 22;

interface Options {
  rowHeight: number;
  /** Number of rows. */
  total: () => number;
  /** Whether rows are here; a short wait for them keeps empty rows off the screen. */
  has?: (first: number, count: number) => boolean;
  /** Asks for rows. */
  request?: (first: number, count: number) => void;
  /** The person has moved the rows, by wheel or scrollbar. */
  moved?: () => void;
}

/**
 * Scrolling over any number of rows of one height. The scroller holds a spacer (its height is capped, since
 * browsers cap heights) and a layer that sticks to the viewport and shows `count` rows from `first`.
 * Beyond the cap the scrollbar moves by proportion and the wheel by pixels.
 */
export class VirtualRows {
  /** Height of what can be seen of the rows, in pixels. */
  viewport = $state(0);
  /** Position shown, in pixels of the whole uncapped list. */
  top = $state(0);

  readonly #options: Options;
  readonly scale: RowScale;
  readonly first: number;
  readonly count: number;

  #wanted = 0;
  #scroller: HTMLElement | undefined;
  /** The element is gone: answers that come late change nothing. */
  #gone = false;
  /** Where this object itself put the scroller; the scroll event that follows is not the person's. */
  #placed = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: Options) {
    this.#options = options;
    this.scale = $derived(new RowScale(options.rowHeight, options.total(), this.viewport));
    this.first = $derived(Math.floor(this.top / options.rowHeight));
    this.count = $derived(
      Math.max(0, Math.min(Math.ceil(this.viewport / options.rowHeight) + 1, options.total() - this.first)),
    );
  }

  get rowHeight(): number {
    return this.#options.rowHeight;
  }

  /** Rows that fit whole. */
  get page(): number {
    return Math.max(1, Math.floor(this.viewport / this.#options.rowHeight));
  }

  /** Whether the last row is in sight. */
  get atEnd(): boolean {
    return this.#wanted + this.viewport >= (this.#options.total() - 1) * this.rowHeight;
  }

  /** Attachment for the scrolling element; `headHeight` is what sticks above the rows. */
  attach(headHeight = 0): (element: HTMLElement) => () => void {
    return (element) => {
      this.#scroller = element;
      this.#gone = false;
      const observer = new ResizeObserver(() => {
        this.viewport = Math.max(0, element.clientHeight - headHeight);
        this.settle();
      });
      observer.observe(element);
      const scrolled = (): void => {
        if (Math.abs(element.scrollTop - this.#placed) < 1) return;
        this.#placed = -1;
        this.#wanted = this.scale.positionOf(element.scrollTop);
        this.settle();
        this.#options.moved?.();
      };
      const wheeled = (event: WheelEvent): void => {
        if (!this.scale.capped || event.ctrlKey || event.deltaY === 0) return;
        event.preventDefault();
        const unit = event.deltaMode === 0 ? 1 : event.deltaMode === 1 ? WHEEL_LINE_PX : this.viewport;
        this.moveTo(this.#wanted + event.deltaY * unit);
        if (event.deltaX !== 0) element.scrollLeft += event.deltaX * unit;
        this.#options.moved?.();
      };
      element.addEventListener('scroll', scrolled, { passive: true });
      element.addEventListener('wheel', wheeled, { passive: false });
      return () => {
        observer.disconnect();
        clearTimeout(this.#timer);
        element.removeEventListener('scroll', scrolled);
        element.removeEventListener('wheel', wheeled);
        this.#scroller = undefined;
        this.#gone = true;
      };
    };
  }

  /** Moves to a position in pixels of the whole list. */
  moveTo(position: number): void {
    if (this.#gone) return;
    this.#wanted = this.scale.clamp(Math.round(position));
    if (this.#scroller) {
      this.#scroller.scrollTop = this.scale.scrollOf(this.#wanted);
      // Read back: the browser rounds and, while the spacer grows, clamps.
      this.#placed = this.#scroller.scrollTop;
    }
    this.settle();
  }

  /** Moves only as far as is needed for a row to be seen whole; `centre` puts a far one in the middle. */
  reveal(index: number, centre = false): void {
    const top = index * this.rowHeight;
    const bottom = top + this.rowHeight;
    if (top >= this.#wanted && bottom <= this.#wanted + this.viewport) return;
    if (centre) this.moveTo(top - (this.viewport - this.rowHeight) / 2);
    else if (top < this.#wanted) this.moveTo(top);
    else this.moveTo(bottom - this.viewport);
  }

  /** Shows the wanted position once its rows are here, or when the wait has been long enough. */
  settle(): void {
    if (this.#gone) return;
    const wanted = this.scale.clamp(this.#wanted);
    const first = Math.floor(wanted / this.rowHeight);
    const count = Math.max(
      0,
      Math.min(Math.ceil(this.viewport / this.rowHeight) + 1, this.#options.total() - first),
    );
    if (count > 0) this.#options.request?.(first, count);
    if (!this.#options.has || this.#options.has(first, count)) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.top = wanted;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.top = this.scale.clamp(this.#wanted);
    }, PATIENCE_MS);
  }
}
