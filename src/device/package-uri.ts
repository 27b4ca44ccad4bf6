import { pathSegmentText } from '../coap/uri-text.ts';

/** Longest package URI that is looked at, in characters (Firmware Update object: String 0..255). */
const MAX_URI_LENGTH = 4096;
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?#]*([^?#]*)/;

function decodeSegment(segment: string): string {
  try {
    return pathSegmentText(decodeURIComponent(segment));
  } catch {
    return pathSegmentText(segment);
  }
}

/**
 * The Uri-Path that a client asks for to fetch a URI, as canonical path text: segments decoded, `/` and `%` inside one
 * written `%2F` and `%25` (RFC 7252 §6.4). Undefined for what is no URI with an authority.
 */
export function uriPathText(uri: string): string | undefined {
  if (uri.length > MAX_URI_LENGTH) return undefined;
  const path = URI.exec(uri)?.[1];
  if (path === undefined) return undefined;
  return path === '' ? '/' : path.split('/').map(decodeSegment).join('/');
}
