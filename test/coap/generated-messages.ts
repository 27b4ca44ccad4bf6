import fc from 'fast-check';
import type { MessageToWrite } from './coap-message.ts';

const token = fc.oneof(
  { weight: 6, arbitrary: fc.uint8Array({ maxLength: 8 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 9, maxLength: 300, size: 'max' }) },
);

/** Numbers and lengths on both sides of the borders of RFC 7252 §3.1. */
const option = fc.tuple(
  fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(1, 6, 11, 12, 15, 23, 27, 2049, 65535)),
  fc.oneof(
    { weight: 5, arbitrary: fc.uint8Array({ maxLength: 16 }) },
    { weight: 1, arbitrary: fc.uint8Array({ minLength: 250, maxLength: 300, size: 'max' }) },
  ),
);

/** Any message that is well-formed and no Empty message; types and classes need not fit (RFC 7252 Table 1). */
export const anyMessage: fc.Arbitrary<MessageToWrite> = fc.record({
  type: fc.constantFrom('CON', 'NON', 'ACK', 'RST'),
  code: fc.oneof(
    fc.integer({ min: 1, max: 31 }).map((detail) => `0.${detail}`),
    fc.tuple(fc.constantFrom(2, 4, 5), fc.integer({ min: 0, max: 31 })).map((pair) => pair.join('.')),
  ),
  mid: fc.integer({ min: 0, max: 0xffff }),
  token,
  options: fc.array(option, { maxLength: 12 }),
  payload: fc.uint8Array({ maxLength: 40 }),
});
