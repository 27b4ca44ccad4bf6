import { SpanLook, type SpanColumns, type TrackRow } from '../../analysis/timeline-protocol.ts';
import type { MessageRow, Nanoseconds } from '../../capture/units.ts';
import { barPatterns } from './bar-patterns.ts';
import { LabelBook } from './label-book.ts';
import { addStroke, LOUD_RANK, MARK_DISTANCE, MarkLine } from './mark-line.ts';
import { MarkSheet } from './mark-sheet.ts';
import type { Palette } from './palette.ts';
import { PixelLanes } from './pixel-lanes.ts';
import { ROW_HEIGHT } from './row-height.ts';
import { isExchangeLook, LOOK_STYLES } from './span-look.ts';
import type { TimeWindow } from './time-window.ts';

/** Height of a bar and its distance from the line's top, in CSS pixels. */
const BAR_HEIGHT = 17;
const BAR_TOP = 3;
/** Height of the band that an observation's notifications stand on, in CSS pixels. */
const BAND_HEIGHT = 7;
/** Width from which a span is drawn as a bar; below it is a mark. In CSS pixels. */
export const BAR_WIDTH = 5;
/** Least width of a cluster, whose teeth are a pixel apart, in CSS pixels. */
const CLUSTER_WIDTH = 5;
/** Tracks whose spans are states: one too short for a bar is a stroke. */
const STATE_TRACKS: ReadonlySet<TrackRow['kind']> = new Set([
  'bootstrap',
  'registration',
  'awake',
  'firmware',
]);
/** Size of a bar's label in CSS pixels. */
const LABEL_SIZE = 10.5;

/** Names one span: line and index in the line's columns. */
export interface SpanPlace {
  track: number;
  span: number;
}

/** All that one frame shows. */
export interface Scene {
  window: TimeWindow;
  /** First pixel of the lines in sight, in CSS pixels. */
  offset: number;
  total: number;
  rowAt: (index: number) => TrackRow | undefined;
  ticks: readonly Nanoseconds[];
  /** First and last message; time beyond is shaded. */
  first: Nanoseconds;
  last: Nanoseconds;
  cursor: Nanoseconds | undefined;
  marks: readonly { time: Nanoseconds }[];
  selectedRow: MessageRow | undefined;
  hovered: SpanPlace | undefined;
  focused: SpanPlace | undefined;
}

/** Draws the lines of the timeline into a canvas. The work of a frame is bounded by lines in sight × spans a line holds. */
export class TrackPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #palette: Palette;
  #ratio = 1;
  #marks: MarkSheet;
  #patterns: (CanvasPattern | null)[] = [];
  readonly #labels = new LabelBook((text) => this.#context.measureText(text).width);
  readonly #lanes = new PixelLanes();
  readonly #markLine = new MarkLine();
  /** Marks and texts that come on top of all lines' bars and strokes. */
  #lastLabelEnd = -Infinity;
  readonly #stamps: number[] = [];
  readonly #texts: { text: string; x: number; y: number }[] = [];
  readonly #outlines: Outline[] = [];

  constructor(canvas: HTMLCanvasElement, context: CanvasRenderingContext2D, palette: Palette) {
    this.#canvas = canvas;
    this.#context = context;
    this.#palette = palette;
    this.#marks = new MarkSheet(palette, this.#ratio);
    this.#patterns = barPatterns(palette, this.#ratio);
  }

  /** Takes new colours, after a change of theme. */
  setPalette(palette: Palette): void {
    this.#palette = palette;
    this.#marks = new MarkSheet(palette, this.#ratio);
    this.#labels.clear();
    this.#patterns = barPatterns(palette, this.#ratio);
  }

  /** Takes the canvas's size in CSS pixels and the number of device pixels to each. */
  resize(width: number, height: number, ratio: number): void {
    // A canvas whose size is set gets new memory, even where it is the size it had.
    const columns = Math.max(1, Math.round(width * ratio));
    const rows = Math.max(1, Math.round(height * ratio));
    if (this.#canvas.width !== columns) this.#canvas.width = columns;
    if (this.#canvas.height !== rows) this.#canvas.height = rows;
    if (ratio === this.#ratio) return;
    this.#ratio = ratio;
    this.setPalette(this.#palette);
  }

  /** Draws one frame. */
  paint(scene: Scene): void {
    const context = this.#context;
    const ratio = this.#ratio;
    const { width, height } = this.#canvas;
    const palette = this.#palette;
    const scale = width / (scene.window.to - scene.window.from);
    context.font = `${LABEL_SIZE * ratio}px ${palette.family}`;
    context.textBaseline = 'middle';
    this.#stamps.length = 0;
    this.#texts.length = 0;
    this.#outlines.length = 0;

    context.fillStyle = palette.ground;
    context.fillRect(0, 0, width, height);
    const first = Math.floor(scene.offset / ROW_HEIGHT);
    const past = Math.min(scene.total, Math.ceil((scene.offset + height / ratio) / ROW_HEIGHT));
    const bottom = (past * ROW_HEIGHT - scene.offset) * ratio;
    this.#paintGround(scene, scale, first, past, bottom);

    this.#lanes.begin(width, past - first);
    for (let index = first; index < past; index++) {
      const row = scene.rowAt(index);
      if (row?.spans) this.#paintRow(scene, row, row.spans, scale, this.#top(index, scene));
    }
    this.#lanes.draw(context, this.#palette, BAR_HEIGHT * ratio);

    const stamps = this.#stamps;
    for (let at = 0; at < stamps.length; at += 3) {
      this.#marks.draw(context, stamps[at]!, stamps[at + 1]!, stamps[at + 2]!);
    }
    context.fillStyle = palette.text;
    for (const { text, x, y } of this.#texts) context.fillText(text, Math.round(x), y);
    for (const outline of this.#outlines) this.#paintOutline(outline);
    this.#paintMarks(scene, scale);
    this.#paintCursor(scene, scale);
  }

  #top(index: number, scene: Scene): number {
    return Math.round((index * ROW_HEIGHT - scene.offset) * this.#ratio);
  }

  #paintGround(scene: Scene, scale: number, first: number, past: number, bottom: number): void {
    const context = this.#context;
    const palette = this.#palette;
    const ratio = this.#ratio;
    const width = this.#canvas.width;
    const line = Math.max(1, Math.round(ratio));

    const begin = Math.round((scene.first - scene.window.from) * scale);
    const end = Math.round((scene.last - scene.window.from) * scale);
    context.fillStyle = palette.outside;
    if (begin > 0) context.fillRect(0, 0, Math.min(begin, width), bottom);
    if (end < width) context.fillRect(Math.max(end, 0), 0, width - Math.max(end, 0), bottom);

    for (let index = first; index < past; index++) {
      const top = this.#top(index, scene);
      if (scene.rowAt(index)?.kind === 'device') {
        context.fillStyle = palette.head;
        context.fillRect(0, top, width, ROW_HEIGHT * ratio);
      }
      context.fillStyle = palette.lineWeak;
      context.fillRect(0, this.#top(index + 1, scene) - line, width, line);
    }
    context.fillStyle = palette.line;
    for (const tick of scene.ticks) {
      context.fillRect(Math.round((tick - scene.window.from) * scale), 0, line, this.#canvas.height);
    }
  }

  #paintRow(scene: Scene, row: TrackRow, spans: SpanColumns, scale: number, rowTop: number): void {
    const { from, to, look } = spans;
    const ratio = this.#ratio;
    const width = this.#canvas.width;
    const start = scene.window.from;
    const top = rowTop + BAR_TOP * ratio;
    const reach = MARK_DISTANCE * ratio;
    const barWidth = BAR_WIDTH * ratio;
    const lane = this.#lanes.lane(top);
    const hovered = scene.hovered?.track === row.index ? scene.hovered.span : -1;
    const focused = scene.focused?.track === row.index ? scene.focused.span : -1;
    const states = STATE_TRACKS.has(row.kind);
    this.#markLine.begin();
    this.#lastLabelEnd = -Infinity;

    for (let index = 0; index < from.length; index++) {
      const left = (from[index]! - start) * scale;
      const right = (to[index]! - start) * scale;
      if (right < -reach || left > width + reach) continue;
      const kind = look[index]! < LOOK_STYLES.length ? look[index]! : SpanLook.otherCoap;
      if (kind === SpanLook.cluster) this.#paintCluster(spans, index, left, right, top, lane);
      else if (right - left < barWidth) {
        // A state too short for a bar is a stroke; the form of a mark would cover its neighbours' names.
        if (states && LOOK_STYLES[kind]!.rank < LOUD_RANK)
          addStroke(this.#lanes, lane, left, right, kind, ratio);
        else this.#markLine.add(left, right, kind);
      } else if (row.kind === 'observation' || row.kind === 'device') this.#paintBand(kind, left, right, top);
      else this.#paintBar(scene, spans, index, kind, left, right, top, scale);

      if (index === focused) this.#addOutline(left, right, top, 'focused');
      else if (spans.row[index] === scene.selectedRow) this.#addOutline(left, right, top, 'selected');
      else if (index === hovered) this.#addOutline(left, right, top, 'hovered');
    }
    this.#markLine.place(this.#stamps, this.#lanes, lane, top + (BAR_HEIGHT / 2) * ratio, ratio);
  }

  #paintBar(
    scene: Scene,
    spans: SpanColumns,
    index: number,
    kind: number,
    from: number,
    to: number,
    top: number,
    scale: number,
  ): void {
    const context = this.#context;
    const ratio = this.#ratio;
    const height = BAR_HEIGHT * ratio;
    const colours = this.#palette.looks[kind]!;
    const style = LOOK_STYLES[kind]!;
    const left = Math.max(Math.round(from), -1);
    const right = Math.min(Math.round(to) - Math.round(ratio), this.#canvas.width + 1);
    const unproven = kind === SpanLook.unproven;
    const progress = spans.progress[index]!;

    context.fillStyle = unproven
      ? this.#palette.ground
      : style.pattern === 'dashed'
        ? colours.weakTint
        : colours.tint;
    context.fillRect(left, top, right - left, height);
    if (progress < 1) {
      const done = Math.min(Math.max(Math.round(from + (to - from) * progress), left), right);
      context.fillStyle = colours.weakTint;
      context.fillRect(done, top, right - done, height);
    }
    const pattern = this.#patterns[kind];
    if (pattern) {
      context.fillStyle = pattern;
      context.fillRect(left, top, right - left, height);
    }
    if (style.pattern === 'dashed') {
      context.strokeStyle = colours.hue;
      context.lineWidth = ratio;
      context.setLineDash([3 * ratio, 2 * ratio]);
      context.strokeRect(left + ratio / 2, top + ratio / 2, right - left - ratio, height - ratio);
      context.setLineDash([]);
    } else if (from >= 0) {
      // The edge says that the beginning is in sight.
      context.fillStyle = colours.hue;
      context.fillRect(left, top, Math.round(2 * ratio), height);
    }

    let textLeft = Math.max(left, 0);
    const textRight = Math.min(right, this.#canvas.width);
    if (isExchangeLook(kind) && from >= 0 && textRight - textLeft >= 18 * ratio) {
      this.#stamps.push(kind, textLeft + 9 * ratio, top + height / 2);
      textLeft += 11 * ratio;
    }
    const cursor = scene.cursor === undefined ? undefined : (scene.cursor - scene.window.from) * scale;
    // A bar that covers the one before it covers its label too.
    if (left < this.#lastLabelEnd) this.#texts.pop();
    this.#lastLabelEnd = -Infinity;
    const label = spans.labels[spans.label[index]!];
    if (label === undefined) return;
    const text = this.#labels.place(label, kind, textLeft, textRight, ratio, cursor);
    if (!text) return;
    this.#texts.push({ text: text.text, x: text.x, y: top + height / 2 + ratio / 2 });
    this.#lastLabelEnd = text.x + text.width;
  }

  /** An observation's own span: a band without a label, since its notifications stand on it. */
  #paintBand(kind: number, from: number, to: number, top: number): void {
    const context = this.#context;
    const ratio = this.#ratio;
    const colours = this.#palette.looks[kind]!;
    const left = Math.max(Math.round(from), -1);
    const right = Math.min(Math.round(to), this.#canvas.width + 1);
    const bandTop = top + Math.round(((BAR_HEIGHT - BAND_HEIGHT) / 2) * ratio);
    context.fillStyle = colours.weakTint;
    context.fillRect(left, bandTop, right - left, BAND_HEIGHT * ratio);
    if (from < 0) return;
    context.fillStyle = colours.hue;
    context.fillRect(left, bandTop, Math.round(2 * ratio), BAND_HEIGHT * ratio);
  }

  #paintCluster(
    spans: SpanColumns,
    index: number,
    from: number,
    to: number,
    top: number,
    lane: number,
  ): void {
    const ratio = this.#ratio;
    const left = Math.floor(from);
    const right = Math.max(Math.ceil(to), left + Math.round(CLUSTER_WIDTH * ratio));
    const label = spans.labels[spans.label[index]!];
    const text =
      label === undefined
        ? undefined
        : this.#labels.place(label, SpanLook.cluster, Math.max(left, 0), right, ratio, undefined);
    const tooth = Math.max(1, Math.round(ratio));
    this.#lanes.comb(lane, left, right, SpanLook.cluster, text ? 0 : 2 * tooth, tooth);
    this.#lastLabelEnd = -Infinity;
    if (text) this.#texts.push({ text: text.text, x: text.x, y: top + (BAR_HEIGHT / 2 + 0.5) * ratio });
  }

  #addOutline(from: number, to: number, top: number, style: OutlineStyle): void {
    const ratio = this.#ratio;
    const spare = to - from < BAR_WIDTH * ratio ? (MARK_DISTANCE + 1) * ratio : 2 * ratio;
    const left = Math.max(Math.round(from - spare), -4 * ratio);
    const right = Math.min(Math.round(to + spare), this.#canvas.width + 4 * ratio);
    const height = (BAR_HEIGHT + 4) * ratio;
    this.#outlines.push({ left, top: top - 2 * ratio, width: right - left, height, style });
  }

  #paintOutline(outline: Outline): void {
    const context = this.#context;
    const thick = outline.style === 'hovered' ? this.#ratio : 2 * this.#ratio;
    const palette = this.#palette;
    context.strokeStyle =
      outline.style === 'hovered'
        ? palette.muted
        : outline.style === 'focused'
          ? palette.focus
          : palette.accent;
    context.lineWidth = thick;
    context.beginPath();
    context.roundRect(
      outline.left + thick / 2,
      outline.top + thick / 2,
      outline.width - thick,
      outline.height - thick,
      3 * this.#ratio,
    );
    context.stroke();
  }

  /** A mark is a line through all tracks; its text stands above them. */
  #paintMarks(scene: Scene, scale: number): void {
    const line = Math.max(1, Math.round(this.#ratio));
    this.#context.fillStyle = this.#palette.mark;
    let painted = -Infinity;
    for (const { time } of scene.marks) {
      const x = Math.round((time - scene.window.from) * scale);
      if (x === painted || x < 0 || x > this.#canvas.width) continue;
      painted = x;
      this.#context.fillRect(x, 0, line, this.#canvas.height);
    }
  }

  #paintCursor(scene: Scene, scale: number): void {
    if (scene.cursor === undefined) return;
    const x = (scene.cursor - scene.window.from) * scale;
    if (x < -1 || x > this.#canvas.width + 1) return;
    const context = this.#context;
    const ratio = this.#ratio;
    const line = Math.max(1, Math.round(ratio));
    context.fillStyle = this.#palette.accent;
    const dash = 4 * line;
    for (let y = 0; y < this.#canvas.height; y += dash) {
      context.fillRect(Math.round(x), y, line, dash - Math.ceil(1.5 * line));
    }
  }
}

type OutlineStyle = 'selected' | 'hovered' | 'focused';

interface Outline {
  left: number;
  top: number;
  width: number;
  height: number;
  style: OutlineStyle;
}
