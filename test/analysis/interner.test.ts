import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Interner, MAXIMUM_TEXTS } from '../../src/analysis/interner.ts';

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('interner', () => {
  it('gives equal texts one number and different texts different ones', () => {
    const interner = new Interner();
    const first = interner.internText('/3/0/9');
    expect(interner.internText('/3/0/8')).not.toBe(first);
    expect(interner.internText('/3/0/9')).toBe(first);
    expect(interner.text(first)).toBe('/3/0/9');
  });

  it('keeps 0 for the absent text, which an empty text is not', () => {
    const interner = new Interner();
    expect(interner.text(0)).toBe('');
    const empty = interner.internText('');
    expect(empty).toBeGreaterThan(0);
    expect(interner.text(empty)).toBe('');
    expect(interner.internText('')).toBe(empty);
  });

  it('reads a range of bytes and keeps a copy', () => {
    const interner = new Interner();
    const bytes = utf8('xx/rd/5a3fyy');
    const number = interner.intern(bytes, 2, 10);
    bytes.fill(0);
    expect(interner.text(number)).toBe('/rd/5a3f');
    expect(interner.internText('/rd/5a3f')).toBe(number);
  });

  it('tells texts apart by their bytes, not by what they decode to', () => {
    const interner = new Interner();
    const damaged = interner.intern(Uint8Array.of(0xff), 0, 1);
    const otherwise = interner.intern(Uint8Array.of(0xfe), 0, 1);
    expect(damaged).not.toBe(otherwise);
    expect(interner.text(damaged)).toBe('\ufffd');
    expect(interner.text(otherwise)).toBe('\ufffd');
  });

  it('numbers as a map does, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 3000 }), (texts) => {
        const interner = new Interner();
        const numbers = new Map<string, number>();
        for (const text of texts) {
          const number = interner.internText(text);
          const known = numbers.get(text);
          if (known === undefined) numbers.set(text, number);
          else expect(number).toBe(known);
        }
        expect(new Set(numbers.values()).size).toBe(numbers.size);
        expect(interner.count).toBe(numbers.size + 1);
        for (const [text, number] of numbers)
          expect(interner.text(number)).toBe(new TextDecoder().decode(utf8(text)));
      }),
      { numRuns: 30 },
    );
  });

  it('says 0 for what comes when it is full, and still knows the others', () => {
    const interner = new Interner();
    const bytes = new Uint8Array(4);
    const view = new DataView(bytes.buffer);
    for (let index = 1; index < MAXIMUM_TEXTS; index++) {
      view.setUint32(0, index);
      if (interner.intern(bytes, 0, 4) !== index) expect.fail(`text ${index} got another number`);
    }
    expect(interner.count).toBe(MAXIMUM_TEXTS);
    expect(interner.internText('one more')).toBe(0);
    view.setUint32(0, 77);
    expect(interner.intern(bytes, 0, 4)).toBe(77);
    expect(interner.count).toBe(MAXIMUM_TEXTS);
  });

  it('is full where the bytes are many, and takes short texts as long as they fit', () => {
    const interner = new Interner();
    const large = new Uint8Array(40 << 20);
    expect(interner.intern(large, 0, large.length)).toBe(1);
    large[0] = 1;
    expect(interner.intern(large, 0, large.length)).toBe(0);
    expect(interner.internText('short')).toBe(2);
    expect(interner.text(2)).toBe('short');
  });
});
