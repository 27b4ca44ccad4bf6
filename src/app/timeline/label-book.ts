import { labelChoices, LABEL_PADDING, placeLabel } from './bar-label.ts';

/** Labels remembered at most; beyond it all are measured anew. */
const MOST_LABELS = 4_096;

interface Measured {
  texts: string[];
  widths: number[];
}

/** Remembers how wide each label and its short forms are, so that a frame measures no text twice. */
export class LabelBook {
  readonly #measure: (text: string) => number;
  readonly #byLook: Map<string, Measured>[] = [];
  #count = 0;

  /** `measure` gives a text's width in the pixels that labels are placed in. */
  constructor(measure: (text: string) => number) {
    this.#measure = measure;
  }

  /** Forgets all widths, after a change of font or resolution. */
  clear(): void {
    this.#byLook.length = 0;
    this.#count = 0;
  }

  /** The longest form of a label that fits in a bar, where it begins and its width, in device pixels; undefined where none does. */
  place(
    label: string,
    look: number,
    left: number,
    right: number,
    ratio: number,
    cursor: number | undefined,
  ): { text: string; x: number; width: number } | undefined {
    // Nothing fits beside the padding: not worth a look-up.
    if (right - left < (2 * LABEL_PADDING + 4) * ratio) return undefined;
    const measured = this.#measured(label, look);
    const placed = placeLabel(measured.widths, left, right, cursor, LABEL_PADDING * ratio);
    if (!placed) return undefined;
    return { text: measured.texts[placed.choice]!, x: placed.x, width: measured.widths[placed.choice]! };
  }

  #measured(label: string, look: number): Measured {
    const labels = (this.#byLook[look] ??= new Map());
    const known = labels.get(label);
    if (known) return known;
    if (this.#count >= MOST_LABELS) {
      this.clear();
      return this.#measured(label, look);
    }
    const texts = labelChoices(label, look);
    const measured = { texts, widths: texts.map(this.#measure) };
    labels.set(label, measured);
    this.#count++;
    return measured;
  }
}
