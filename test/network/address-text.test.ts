import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText, endpointText, parseAddress } from '../../src/network/address-text.ts';

function rewritten(text: string): string | undefined {
  const address = parseAddress(text);
  return address && addressText(address.bytes, 0, address.version);
}

describe('IPv6 text', () => {
  // RFC 5952 §1 and §4 give these spellings and the one recommended form.
  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0db8::1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:0000:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:DB8:0:0:1::1', '2001:db8::1:0:0:1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:eeee:AAAA', '2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa'],
    // RFC 4291 §2.2.
    ['FF01:0:0:0:0:0:0:101', 'ff01::101'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:FFFF:129.144.52.38', '::ffff:129.144.52.38'],
    ['::FFFF:129.144.52.38', '::ffff:129.144.52.38'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('%s is %s', (text, expected) => {
    expect(rewritten(text)).toBe(expected);
  });

  it('agrees with the URL parser of the WHATWG, which writes the same form but for mapped addresses', () => {
    const field = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(field, { minLength: 8, maxLength: 8 }), (fields) => {
        const isMapped = fields.slice(0, 5).every((value) => value === 0) && fields[5] === 0xffff;
        fc.pre(!isMapped);
        const text = fields.map((value) => value.toString(16)).join(':');
        expect(rewritten(text)).toBe(new URL(`http://[${text}]/`).hostname.slice(1, -1));
      }),
      { numRuns: 2000 },
    );
  });

  it('is read back as the same bytes', () => {
    const lengths = fc.constantFrom(4, 16);
    fc.assert(
      fc.property(
        lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length })),
        (bytes) => {
          const version = bytes.length === 4 ? 4 : 6;
          expect(parseAddress(addressText(bytes, 0, version))).toEqual({ version, bytes });
        },
      ),
    );
  });
});

it.each([
  ...['', '1.2.3', '1.2.3.4.5', '256.1.1.1', '01.2.3.4', '1.2.3.-4', '1.2.3.4 ', 'a.b.c.d', '1..2.3'],
  ...[
    ':',
    ':::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1::2::3',
    '12345::',
    'g::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
  ],
  ...[
    '1:2:3:4::5:6:7:8',
    '::1.2.3',
    '1.2.3.4::',
    '::1.2.3.4:5',
    'fe80::1%eth0',
    '[::1]',
    '1:2:3:4:5:6:7:1.2.3.4',
  ],
])('%j is no address', (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

it('any text is an address or none', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'0123456789abcf:.') }), (text) => {
      const address = parseAddress(text);
      if (address !== undefined) expect(address.bytes.length).toBe(address.version === 4 ? 4 : 16);
    }),
  );
});

it('an endpoint has brackets around an IPv6 address (RFC 5952 §6)', () => {
  expect(endpointText('10.0.0.7', 56830)).toBe('10.0.0.7:56830');
  expect(endpointText('::1', 5683)).toBe('[::1]:5683');
});
