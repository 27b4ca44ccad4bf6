import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressText } from '../../src/network/address-text.ts';
import { Datagram, DatagramKind } from '../../src/network/datagram.ts';
import { FlowTable, Transport } from '../../src/network/flow.ts';
import { address, joined } from './packets.ts';

function datagram(
  source: string,
  sourcePort: number,
  destination: string,
  destinationPort: number,
): Datagram {
  const result = new Datagram();
  const from = address(source);
  result.kind = DatagramKind.udp;
  result.ipVersion = from.length === 4 ? 4 : 6;
  result.addressBytes = joined([0xee], from, address(destination));
  result.sourceAddress = 1;
  result.destinationAddress = 1 + from.length;
  result.sourcePort = sourcePort;
  result.destinationPort = destinationPort;
  result.multicast = /^(22[4-9]|23\d|ff)/.test(destination);
  return result;
}

const there = datagram('10.0.0.7', 56830, '10.0.0.1', 5683);
const back = datagram('10.0.0.1', 5683, '10.0.0.7', 56830);

describe('flows', () => {
  it('are the same in both directions, with A the first source', () => {
    const table = new FlowTable();
    expect([table.lookup(there, Transport.udp), table.fromA]).toEqual([0, true]);
    expect([table.lookup(back, Transport.udp), table.fromA]).toEqual([0, false]);
    expect([table.lookup(there, Transport.udp), table.fromA]).toEqual([0, true]);
    expect(table.endpointText(table.endpointA(0))).toBe('10.0.0.7:56830');
    expect(table.endpointText(table.endpointB(0))).toBe('10.0.0.1:5683');
    expect([table.flows, table.endpoints, table.addresses]).toEqual([1, 2, 2]);
  });

  it('differ by transport, port, address and IP version', () => {
    const table = new FlowTable();
    const flows = [
      table.lookup(there, Transport.udp),
      table.lookup(there, Transport.tcp),
      table.lookup(there, Transport.ws),
      table.lookup(datagram('10.0.0.7', 56831, '10.0.0.1', 5683), Transport.udp),
      table.lookup(datagram('10.0.0.8', 56830, '10.0.0.1', 5683), Transport.udp),
      table.lookup(datagram('::ffff:10.0.0.7', 56830, '::ffff:10.0.0.1', 5683), Transport.udp),
      table.lookup(datagram('::10.0.0.7', 56830, '::10.0.0.1', 5683), Transport.udp),
      // The ports of the first, changed about.
      table.lookup(datagram('10.0.0.7', 5683, '10.0.0.1', 56830), Transport.udp),
    ];
    expect(flows).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect([1, 2].map((flow) => table.transport(flow))).toEqual([Transport.tcp, Transport.ws]);
    expect(table.endpointA(1)).toBe(table.endpointA(0));
    expect(table.addressId(table.endpointA(3))).toBe(table.addressId(table.endpointA(0)));
    expect(table.addressId(table.endpointA(5))).not.toBe(table.addressId(table.endpointA(0)));
    expect([0, 5].map((flow) => table.ipVersion(table.endpointA(flow)))).toEqual([4, 6]);
    expect(table.endpointText(table.endpointA(5))).toBe('[::ffff:10.0.0.7]:56830');
    expect(table.endpointPort(table.endpointB(7))).toBe(56830);
  });

  it('from an endpoint to itself go out from A', () => {
    const table = new FlowTable();
    const self = datagram('::1', 5683, '::1', 5683);
    expect([table.lookup(self, 0), table.fromA, table.lookup(self, 0), table.fromA]).toEqual([
      0,
      true,
      0,
      true,
    ]);
  });

  it('keep that a destination is a group', () => {
    const table = new FlowTable();
    const flow = table.lookup(datagram('fe80::1', 40000, 'ff02::fd', 5683), Transport.udp);
    expect(table.isMulticast(table.endpointA(flow))).toBe(false);
    expect(table.isMulticast(table.endpointB(flow))).toBe(true);
  });

  it('agree with a map of texts, also after the table has grown many times', () => {
    const table = new FlowTable();
    const endpoint = fc.tuple(fc.constantFrom(4, 6), fc.nat(40), fc.nat(40));
    const model = new Map<string, number>();
    const place = ([version, host]: readonly [number, number, number]): string =>
      version === 4
        ? `10.0.${host}.${host}`
        : `2001:db8::${(host + 1).toString(16)}:${(host + 1).toString(16)}`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(endpoint, endpoint, fc.nat(2)), { minLength: 50, maxLength: 50 }),
        (list) => {
          for (const [from, toward, transport] of list) {
            const to = [from[0], toward[1], toward[2]] as const;
            const packet = datagram(place(from), from[2], place(to), to[2]);
            const key = `${place(from)} ${from[2]} ${place(to)} ${to[2]} ${transport}`;
            const reverse = `${place(to)} ${to[2]} ${place(from)} ${from[2]} ${transport}`;
            const known = model.get(key) ?? model.get(reverse);
            const flow = table.lookup(packet, transport);
            expect(flow).toBe(known ?? model.size);
            expect(table.fromA).toBe(model.has(key) || known === undefined);
            if (known === undefined) model.set(key, flow);
            const a = table.endpointA(flow);
            const source = table.fromA ? a : table.endpointB(flow);
            expect(table.endpointAddressText(source)).toBe(place(from));
            expect(table.endpointPort(source)).toBe(from[2]);
            expect(table.transport(flow)).toBe(transport);
          }
        },
      ),
      { numRuns: 200 },
    );
    expect(table.flows).toBe(model.size);
  });

  it('of many devices at one server take at most 60 bytes each in IPv4 and 80 in IPv6', () => {
    for (const { version, limit } of [
      { version: 4, limit: 60 },
      { version: 6, limit: 80 },
    ]) {
      const table = new FlowTable();
      const packet =
        version === 4
          ? datagram('10.0.0.0', 5683, '10.1.0.1', 5683)
          : datagram('fe80::', 5683, 'fe80::1:1', 5683);
      const last = packet.sourceAddress + (version === 4 ? 4 : 16);
      for (let device = 0; device < 60_000; device++) {
        packet.addressBytes[last - 2] = device >> 8;
        packet.addressBytes[last - 1] = device & 0xff;
        expect(table.lookup(packet, Transport.udp)).toBe(device);
      }
      expect(table.byteLength / table.flows).toBeLessThanOrEqual(limit);
      const address59999 = table.endpointAddressText(table.endpointA(59_999));
      expect(address59999).toBe(addressText(packet.addressBytes, packet.sourceAddress, version));
    }
  });
});
