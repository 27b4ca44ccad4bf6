import { concat, pcapHeader, pcapRecord } from '../capture/write-capture.ts';
import { write } from '../coap/coap-message.ts';
import { datagramBetween, SERVER } from '../network/endpoints.ts';

/**
 * A capture of the registrations of many devices: `device-<count>` first, `device-1` last. Every third is refused,
 * the first one among them.
 */
export function fleetCapture(count: number): Uint8Array {
  const packets: Uint8Array[] = [];
  let at = 0;
  const send = (packet: Uint8Array): void => {
    packets.push(pcapRecord(1000 + Math.floor(at / 100), (at++ % 100) * 1e7, packet));
  };
  for (let index = 0; index < count; index++) {
    const device = { ...SERVER, address: `10.1.${index >> 8}.${index & 255}`, port: 40_000 };
    const options: [number, string][] = [
      [11, 'rd'],
      [15, `ep=device-${count - index}`],
      [15, 'lt=600'],
      [15, 'lwm2m=1.1'],
    ];
    const request = { code: '0.02', mid: 1, token: 'a1', options, payload: '</3/0>' } as const;
    send(datagramBetween(device, SERVER, write(request)));
    const isRefused = index % 3 === 0;
    send(
      datagramBetween(
        SERVER,
        device,
        write({
          type: 'ACK',
          code: isRefused ? '4.03' : '2.01',
          mid: 1,
          token: 'a1',
          options: isRefused ? [] : [[8, 'rd'] as [number, string], [8, `x${index}`] as [number, string]],
        }),
      ),
    );
  }
  return concat(pcapHeader({ magic: 0xa1b23c4d, link: 101 }), ...packets);
}
