import type { FieldAlias } from './field.ts';

/**
 * Other names of message fields: the ones that Wireshark uses for the same thing (tested against the list that
 * `tshark -G fields` prints), and short ones. A field that Wireshark calls by the same name is marked so in its
 * own declaration.
 */
export const MESSAGE_FIELD_ALIASES: readonly FieldAlias[] = [
  { alias: 'frame.time_epoch', field: 'frame.time', wireshark: true },
  { alias: 'coap.opt.ctype', field: 'coap.content_format', wireshark: true },
  { alias: 'coap.opt.accept', field: 'coap.accept', wireshark: true },
  { alias: 'coap.opt.observe', field: 'coap.observe', wireshark: true },
  { alias: 'coap.response_to', field: 'coap.request_in', wireshark: true },
  { alias: 'coap.retransmitted', field: 'coap.duplicate_of', wireshark: true },
  { alias: 'coap.payload_desc', field: 'coap.content_format', wireshark: true },
  { alias: 'coap.opt.echo', field: 'coap.opt.opt_echo', wireshark: false },
  { alias: 'coap.opt.no_response', field: 'coap.opt.opt_no_response', wireshark: false },
  { alias: 'coap.opt.request_tag', field: 'coap.opt.opt_request_tag', wireshark: false },
  { alias: 'device', field: 'lwm2m.device', wireshark: false },
  { alias: 'device.name', field: 'lwm2m.device', wireshark: false },
  { alias: 'session', field: 'session.kind', wireshark: false },
  { alias: 'session.end', field: 'session.ended', wireshark: false },
  { alias: 'firmware', field: 'firmware.id', wireshark: false },
  { alias: 'firmware.end', field: 'firmware.ended', wireshark: false },
  { alias: 'firmware.package', field: 'firmware.package.name', wireshark: false },
  { alias: 'firmware.version', field: 'firmware.package.version', wireshark: false },
  { alias: 'lwm2m.lt', field: 'lwm2m.lifetime', wireshark: false },
  { alias: 'lwm2m.ep', field: 'lwm2m.device', wireshark: false },
];
