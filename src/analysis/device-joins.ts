import type { Device, Join } from '../device/device-record.ts';
import { OPERATION_NAMES } from '../lwm2m/operation.ts';
import type { Analysis } from './analysis.ts';
import type { DeviceJoin } from './device-protocol.ts';
import type { MessageFacts } from './message-facts.ts';

/** The reasons why what was seen of several addresses is one device, in the order in which they were found. */
export function deviceJoins(analysis: Analysis, facts: MessageFacts, device: Device): DeviceJoin[] {
  const { flows } = analysis.frames;
  return device.joined.map((join) => ({
    by: join.by,
    text: joinText(analysis, device, join),
    messages: join.rows
      .filter((row) => analysis.tracking.messages.isHeld(row))
      .map((row) => ({ row, id: facts.id(row) })),
    of: flows.endpointText(join.of),
    to: flows.endpointText(join.to),
    time: join.time,
  }));
}

/** A reason in words: `same as 10.0.0.7:40112: Update to /rd/5a3f from 10.0.0.9:51877`. */
export function joinText(analysis: Analysis, device: Device, join: Join): string {
  const { flows } = analysis.frames;
  const of = flows.endpointText(join.of);
  const same = `same as ${flows.endpointText(join.to)}`;
  const { operation, path, server } = messageOf(analysis, join);
  switch (join.by) {
    case 'registration location':
      return `${same}: ${operation || 'a request'} to ${path || 'the location of its registration'} from ${of}`;
    case 'endpoint client name':
      return `${same}: ${operation || 'a request'} as ${device.endpoint ?? ''} from ${of}`;
    case 'address':
      return `${same}: the same address and port${server === '' ? '' : `, with server ${server}`}`;
    case 'capture order':
      return `${same}: what came before ${operation === '' ? 'a request' : `the ${operation}`} as ${device.endpoint ?? ''} from ${of}`;
    case 'download':
      return `${same}: ${path || 'a package'} fetched from ${of}, as its package URI says`;
    case 'connection id':
      return `${same}: DTLS connection id ${join.detail} from ${of}`;
    case 'security identity':
      return `${same}: identity ${join.detail} from ${of}`;
    case 'OSCORE key id':
      return `${same}: OSCORE key id ${join.detail} from ${of}`;
  }
}

/** The message that made a join: its operation, path and server; empty texts where there is none, or none any more. */
function messageOf(analysis: Analysis, join: Join): { operation: string; path: string; server: string } {
  const row = join.rows.at(-1);
  const { messages, paths, operations } = analysis.tracking;
  if (row === undefined || !messages.isHeld(row)) return { operation: '', path: '', server: '' };
  return {
    operation: OPERATION_NAMES[messages.operation.get(row)] ?? '',
    path: paths.text(messages.path.get(row)),
    server: analysis.frames.flows.endpointText(operations.serverEndpoint(messages.conversation.get(row))),
  };
}
