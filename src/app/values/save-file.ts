import type { AnalysisStatus } from '../../analysis/protocol.ts';

/** Looks that a picture takes with it: outside the page there are no style sheets. */
const LOOKS = [
  'fill',
  'fill-opacity',
  'stroke',
  'stroke-opacity',
  'stroke-width',
  'stroke-dasharray',
  'stroke-linejoin',
  'paint-order',
  'font-family',
  'font-size',
  'font-weight',
  'text-anchor',
] as const;
const SVG = 'http://www.w3.org/2000/svg';
/** Room around a saved chart, and the height of its heading, in pixels. */
const MARGIN = 12;
const HEADING = 22;
/** Pixels of a PNG for each CSS pixel, so that it can be printed. */
const PNG_SCALE = 2;

/** Hands a file to the browser's downloads; nothing is sent anywhere. */
export function saveFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A drawing with the looks that style sheets give it; what only a person at the page needs is left out. */
function looksTaken(drawing: SVGSVGElement): SVGSVGElement {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const originals = drawing.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, index) => {
    const style = getComputedStyle(originals[index]!);
    for (const look of LOOKS) {
      const value = style.getPropertyValue(look);
      if (value !== '' && value !== 'normal') element.setAttribute(look, value.replaceAll('"', "'"));
    }
    element.removeAttribute('class');
    element.removeAttribute('style');
    if (originals[index]!.classList.contains('live')) element.setAttribute('data-live', '');
  });
  copy.querySelectorAll('[data-live]').forEach((element) => element.remove());
  return copy;
}

/** Name for a file that is saved of what is open: that of its first capture, and what it holds. */
export function savedName({ files }: AnalysisStatus, what: string): string {
  return `${(files[0]?.name ?? 'capture').replace(/\.(pcapng|pcap|gz|txt)/g, '')}-${what}`;
}

/** Drawings, one below the other, with a heading; undefined where the browser cannot draw the pixels. */
export async function pictureOf(
  drawings: readonly SVGSVGElement[],
  heading: string,
  format: 'svg' | 'png',
): Promise<Blob | undefined> {
  const text = pictureText(drawings, heading);
  return format === 'svg' ? new Blob([text], { type: 'image/svg+xml' }) : picturePixels(text);
}

/** Drawings as an SVG file of its own. */
function pictureText(drawings: readonly SVGSVGElement[], heading: string): string {
  const width = Math.max(...drawings.map((drawing) => drawing.clientWidth)) + 2 * MARGIN;
  const page = getComputedStyle(document.body);
  const root = document.createElementNS(SVG, 'svg');
  const ground = document.createElementNS(SVG, 'rect');
  ground.setAttribute('width', '100%');
  ground.setAttribute('height', '100%');
  ground.setAttribute('fill', page.backgroundColor);
  const title = document.createElementNS(SVG, 'text');
  title.textContent = heading;
  title.setAttribute('x', String(MARGIN + 6));
  title.setAttribute('y', String(MARGIN + 12));
  title.setAttribute('fill', page.color);
  title.setAttribute('font-size', '12px');
  title.setAttribute('font-family', page.fontFamily.replaceAll('"', "'"));
  root.append(ground, title);
  let y = MARGIN + HEADING;
  for (const drawing of drawings) {
    // What hangs over the edge is cut, as on the page.
    const body = document.createElementNS(SVG, 'svg');
    body.setAttribute('x', String(MARGIN));
    body.setAttribute('y', String(y));
    body.setAttribute('width', String(drawing.clientWidth));
    body.setAttribute('height', String(drawing.clientHeight));
    body.append(...looksTaken(drawing).childNodes);
    root.append(body);
    y += drawing.clientHeight;
  }
  const height = y + MARGIN;
  root.setAttribute('width', String(width));
  root.setAttribute('height', String(height));
  root.setAttribute('viewBox', `0 0 ${width} ${height}`);
  return new XMLSerializer().serializeToString(root);
}

/** The same picture as PNG; undefined where the browser cannot draw it. */
async function picturePixels(text: string): Promise<Blob | undefined> {
  const image = new Image();
  // The page's policy allows pictures from data only.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * PNG_SCALE;
  canvas.height = image.naturalHeight * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.scale(PNG_SCALE, PNG_SCALE);
  context.drawImage(image, 0, 0);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
}
