import { select } from 'd3-selection';
import { zoom, zoomIdentity, type D3ZoomEvent, type ZoomTransform } from 'd3-zoom';
import {
  clampWindow,
  panByShare,
  SHORTEST_WINDOW,
  transformedWindow,
  transformTo,
  type TimeWindow,
} from './time-window.ts';

/** What the gestures move. */
export interface GestureTarget {
  width(): number;
  visible(): TimeWindow;
  extent(): TimeWindow;
  show(window: TimeWindow): void;
  scrollBy(pixels: number): void;
  /** A drag or pinch begins: tooltips go away. */
  begin(): void;
}

/** Wheel movement that one step of a mouse wheel exceeds and a pinch on a touch pad does not, in pixels. */
const PINCH_LIMIT_PX = 40;
/** Powers of two that a pixel of wheel movement zooms. */
const PINCH_SPEED = 0.02;
const WHEEL_SPEED = 0.0032;
/** Pixels to a line where the wheel counts in lines. */
const LINE_PX = 22;
/** A click may move so far, in pixels. */
const CLICK_DISTANCE = 4;

function pixelsOf(event: WheelEvent, delta: number): number {
  return event.deltaMode === 0 ? delta : delta * LINE_PX;
}

/**
 * Mouse, touch and wheel on the tracks: dragging pans, a pinch or the wheel with Ctrl zooms around the pointer, the
 * wheel with Shift (or sideways) pans, the plain wheel is left to scrolling. `rebase` is to be called when the window changed
 * by other means; `detach` takes the listeners away.
 */
export function attachGestures(
  element: HTMLElement,
  target: GestureTarget,
): { rebase: () => void; detach: () => void } {
  let base = target.visible();
  let busy = false;
  let lastY = 0;

  const behaviour = zoom<HTMLElement, unknown>()
    .filter((event: Event) => {
      if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey;
      return !(event instanceof MouseEvent) || (event.button === 0 && !event.ctrlKey);
    })
    .wheelDelta((event: WheelEvent) => {
      const pixels = pixelsOf(event, event.deltaY);
      return -pixels * (Math.abs(pixels) < PINCH_LIMIT_PX ? PINCH_SPEED : WHEEL_SPEED);
    })
    .clickDistance(CLICK_DISTANCE)
    .constrain((transform: ZoomTransform) => {
      const width = target.width();
      const asked = transformedWindow(base, transform.k, transform.x, width);
      const { k, x } = transformTo(base, clampWindow(asked, target.extent()), width);
      return zoomIdentity.translate(x, transform.y).scale(k);
    })
    .on('start', (event: D3ZoomEvent<HTMLElement, unknown>) => {
      busy = true;
      const source: unknown = event.sourceEvent;
      if (source instanceof MouseEvent) lastY = source.clientY;
      target.begin();
    })
    .on('zoom', (event: D3ZoomEvent<HTMLElement, unknown>) => {
      const source: unknown = event.sourceEvent;
      if (!source) return;
      if (source instanceof MouseEvent && !(source instanceof WheelEvent)) {
        if (source.clientY !== lastY) target.scrollBy(lastY - source.clientY);
        lastY = source.clientY;
      }
      target.show(transformedWindow(base, event.transform.k, event.transform.x, target.width()));
    })
    .on('end', () => {
      busy = false;
      rebase();
    });

  function rebase(): void {
    if (busy) return;
    base = target.visible();
    const length = base.to - base.from;
    const extent = target.extent();
    behaviour.scaleExtent([
      Math.min(1, length / Math.max(extent.to - extent.from, SHORTEST_WINDOW)),
      Math.max(1, length / SHORTEST_WINDOW),
    ]);
    // Without an event: nothing moves, only the gesture's own beginning does.
    selection.property('__zoom', zoomIdentity);
  }

  function wheeled(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!sideways && !event.shiftKey) return;
    event.preventDefault();
    const pixels = pixelsOf(event, sideways ? event.deltaX : event.deltaY);
    target.show(panByShare(target.visible(), pixels / target.width(), target.extent()));
  }

  const selection = select<HTMLElement, unknown>(element).call(behaviour).on('dblclick.zoom', null);
  element.addEventListener('wheel', wheeled, { passive: false });
  rebase();
  return {
    rebase,
    detach: () => {
      selection.on('.zoom', null);
      element.removeEventListener('wheel', wheeled);
    },
  };
}
