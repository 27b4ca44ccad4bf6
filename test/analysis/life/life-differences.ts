import type { LifeFact } from './life-facts.ts';

/** A difference between what a stack said and what the records say. */
export interface LifeDifference {
  capture: string;
  facts: readonly LifeFact[];
  /** `both`: they speak of different things, and each is right in its own. */
  right: 'us' | 'stack' | 'both';
  why: string;
}

const fact = (about: string, said: string, found: string): LifeFact => ({ about, said, found });

const REFUSED_LATER =
  'The server forgot the observation and then refused one more notification with a Reset: the client sent it, no listener of the server heard of it.';
const FORGOTTEN =
  'The server forgot the observation without a message; what ends it in the capture is the Reset to the next notification (RFC 7641 §3.6). We name the way, the stack names the wish.';
const AWAKE_TIME =
  'The server takes the client for asleep after a time that was set in it, 2 or 3 s. No message says that time; by the specification a client listens for 93 s after its last message (LwM2M Transport §6.5), and later answers do not contradict that.';
const STOPPED_LISTENING =
  'The script stopped to take notifications after the number it was to take; the server sent more until it was told, or until the connection was closed. They are in the capture.';

/** All differences, in the order of the index of the recordings. */
export const LIFE_DIFFERENCES: readonly LifeDifference[] = [
  {
    capture: 'leshan-fleet-a.pcapng',
    facts: [
      fact('registration fleet-005 at /rd/vN2rIf6hWT: end', 'expired', 'open'),
      fact('device fleet-005: state in the table', 'expired', 'registered'),
      fact('observation 05b5985ec8211a1d of /3303/0/5700: end', 'deregistered', 'open'),
    ],
    right: 'both',
    why: 'The capture ends 5.0 s before the lifetime is over: fleet-005 is registered as far as it goes, and its observation with it. The server was stopped later.',
  },
  {
    capture: 'leshan-fleet-a.pcapng',
    facts: [
      fact('observation 516c43a4b90ec6f5 of /3303/0/5700: end', 'cancelled', 'deregistered'),
      fact('observation 6d1a36a589135dd6 of /3303/0/5700: end', 'cancelled', 'open'),
      fact('observation 1954ee455b556235 of /3303/0/5700: end', 'cancelled', 'open'),
    ],
    right: 'both',
    why: 'The server forgot the observation without a message, and no notification came after that which it could have refused. Nothing in the capture says so.',
  },
  {
    capture: 'leshan-fleet-a.pcapng',
    facts: [fact('queue mode of fleet-003: 65.1 s after it registered', 'sleeping', 'awake')],
    right: 'both',
    why: 'The server takes the client for asleep after a time that was set in it, 8 s; the capture does not say that time, and the one that the specification gives, 93 s (LwM2M Transport §6.5), was not over. Besides, the capture had ended.',
  },
  {
    capture: 'leshan-loss-blackout-a.pcapng',
    facts: [fact('client dark-A: Update or De-register not found', '1', '0')],
    right: 'both',
    why: 'The De-register that was answered with 4.04 was of a registration that a later Register had replaced: how that one ended was decided by then, so it counts as replaced, not as lost.',
  },
  {
    capture: 'leshan-loss-clileg-a.pcapng',
    facts: [
      fact('registration lossy-A at /rd/2sGYQyy482: address', '127.0.0.1:25726', '127.0.0.1:41730'),
      fact('registration lossy-A at /rd/2sGYQyy482: begun', 'within 1 s', '-2.2 s apart'),
      fact('device lossy-A: address', '127.0.0.1:25726', '["127.0.0.1:41730"]'),
    ],
    right: 'both',
    why: 'Recorded between client and forwarder only: the address that the server saw is the forwarder’s, and the server first got the Register when the forwarder let its repetition pass, 2.2 s after it was first sent.',
  },
  {
    capture: 'leshan-observe-composite-a.pcapng',
    facts: [fact('observation 792476fa3b29e4e5 of [/6/0/0, /6/0/1]: notifications', '4', '5')],
    right: 'both',
    why: REFUSED_LATER,
  },
  {
    capture: 'leshan-observe-composite-a.pcapng',
    facts: [fact('observation 792476fa3b29e4e5 of [/6/0/0, /6/0/1]: end', 'cancelled', 'reset')],
    right: 'both',
    why: FORGOTTEN,
  },
  {
    capture: 'leshan-observe-non-con-a.pcapng',
    facts: [
      fact('observation 175f75369e7856c0 of /3303/0/5700: notifications', '13', '14'),
      fact('observation 29f1144925223ca0 of /3/0: notifications', '3', '4'),
    ],
    right: 'both',
    why: REFUSED_LATER,
  },
  {
    capture: 'leshan-observe-non-con-a.pcapng',
    facts: [
      fact('observation 175f75369e7856c0 of /3303/0/5700: end', 'cancelled', 'reset'),
      fact('observation 29f1144925223ca0 of /3/0: end', 'cancelled', 'reset'),
    ],
    right: 'both',
    why: FORGOTTEN,
  },
  {
    capture: 'leshan-observe-server-gone-a.pcapng',
    facts: [
      fact('observation 332dedb35b1fe7a2 of /3303/0/5700: notifications', '1', '3'),
      fact('observation 91512a9c438190b3 of /3/0/9: notifications', '1', '2'),
    ],
    right: 'both',
    why: 'The server was killed; the client goes on to send notifications that no listener heard. They are in the capture.',
  },
  {
    capture: 'leshan-queue-a.pcapng',
    facts: [
      fact('queue mode of sleepy-A: 3.0 s after it registered', 'sleeping', 'awake'),
      fact('queue mode of sleepy-A: 10.5 s after it registered', 'sleeping', 'awake'),
    ],
    right: 'both',
    why: AWAKE_TIME,
  },
  {
    capture: 'leshan-queue-send-a.pcapng',
    facts: [
      fact('queue mode of sleepy-send-A: 2.1 s after it registered', 'sleeping', 'awake'),
      fact('queue mode of sleepy-send-A: 7.2 s after it registered', 'sleeping', 'awake'),
    ],
    right: 'both',
    why: AWAKE_TIME,
  },
  {
    capture: 'leshan-server-restart-a.pcap',
    facts: [fact('registration survivor-a at /rd/8nEoZJ08Vn: end', 'open', 'lost')],
    right: 'us',
    why: 'The stack’s list has what the server held when it was stopped. The server that was started again did not know the location: it answered the Update with 4.04, which ends the registration (LwM2M Transport §6.7).',
  },
  {
    capture: 'leshan-server-restart-a.pcap',
    facts: [fact('observation 3308bcd429b1a91c of /3303/0/5700: end', 'open', 'deregistered')],
    right: 'us',
    why: 'The registration is lost by then, and its observations with it (LwM2M Core §6.4.1). The server that held them was stopped and could not tell.',
  },
  {
    capture: 'leshan15-ops-a.pcapng',
    facts: [fact('observation d966ec6db999e646 of /3303/0/5700: notifications', '4', '5')],
    right: 'both',
    why: REFUSED_LATER,
  },
  {
    capture: 'leshan15-ops-a.pcapng',
    facts: [fact('observation d966ec6db999e646 of /3303/0/5700: end', 'cancelled', 'reset')],
    right: 'both',
    why: FORGOTTEN,
  },
  {
    capture: 'aio-lc-cross-a.pcapng',
    facts: [
      fact('observation of /time: notifications', '3', '5'),
      fact('observation of /time: notifications', '2', '5'),
    ],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'aio-tcp-a.pcapng',
    facts: [fact('observation of /3/0/9: notifications', '3', '7')],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'aio-udp-a.pcapng',
    facts: [fact('observation of /3/0/9: notifications', '3', '5')],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'aio-ws-a.pcapng',
    facts: [fact('observation of /3/0/9: notifications', '3', '7')],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'der-epoch0-a.pcap',
    facts: [
      fact('list at 4.7 s: clients', '["plant-7/valve é","urn:dev:mac:00005e0053a1"]', '[]'),
      fact('list at 65.5 s: clients', '["plant-7/valve é","urn:dev:mac:00005e0053a1"]', '[]'),
      fact('client quits', 'deregistered', 'nothing'),
      fact('client quits', 'deregistered', 'nothing'),
    ],
    right: 'both',
    why: 'The times of this capture were moved to 1970, those of the stacks were not.',
  },
  {
    capture: 'der-modpcap-a.pcap',
    facts: [fact('observation of /3/0/9: notifications', '3', '5')],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'der-reordered-a.pcap',
    facts: [fact('server: updated', '7', '3')],
    right: 'stack',
    why: 'The records were shuffled: four answers stand before their Updates. An answer is looked for behind its request only, since everything is followed in the order of the capture; the registrations are still found, and their ends.',
  },
  {
    capture: 'der-snap70-a.pcapng',
    facts: [
      fact('registration at /rd/r1: name', 'cross-1', 'nothing'),
      fact('registration at /rd/r1: version', '1.1', 'nothing'),
      fact('registration at /rd/r1: lifetime', '300', 'nothing'),
      fact('registration at /rd/r1: binding', 'U', 'nothing'),
      fact('registration at /rd/r1: begun', 'within 1 s', 'NaN s apart'),
      fact('registration at /rd/r1: devices', '1', '0'),
      fact(
        'registration at /rd/r1: objects',
        '["/1","/1/0","/2/0","/3/0","/31024","/31024/10","/31024/11","/31024/12","/4/0","/5/0","/6/0","/7/0"]',
        '[]',
      ),
      fact('observation of /3/0/9: notifications', '4', '0'),
      fact('observation of /3/0/9: end', 'cancelled', 'nothing'),
    ],
    right: 'stack',
    why: 'Every frame was cut to 70 bytes: 8 bytes of CoAP. Neither queries nor paths nor the answer’s location are in the capture.',
  },
  {
    capture: 'lc-obs-block-a.pcapng',
    facts: [fact('observation of coap://[::1]/big 0.6 s: answers and notifications', '2', '3')],
    right: 'both',
    why: 'What libcoap’s client printed is cut in the truth file, before the second notification.',
  },
  {
    capture: 'net-loss-a.pcapng',
    facts: [fact('observation of /3/0/9: answers and notifications', '2', '4')],
    right: 'both',
    why: 'A router dropped packets: two of the notifications that the client sent, numbers 1 and 2, never came to the server. The capture has both sides of the router.',
  },
  {
    capture: 'net-snaplen64-a.pcap',
    facts: [
      fact('device snap-a: registered in the table', 'false', 'nothing'),
      fact('list at 3.7 s: clients', '["snap-a"]', '[null]'),
    ],
    right: 'stack',
    why: 'Every frame was cut to 64 bytes: the query with the name is not in the capture. The registration itself is found.',
  },
  {
    capture: 'net-tcp-loss-a.pcapng',
    facts: [fact('observation of /3/0/9: notifications', '6', '8')],
    right: 'both',
    why: STOPPED_LISTENING,
  },
  {
    capture: 'wk-aio-a.pcapng',
    facts: [
      fact('observation of /3/0/9: notifications', '4', '7'),
      fact('observation of /3/0/9: end', 'cancelled', 'open'),
    ],
    right: 'both',
    why: 'The script forgot the observation. Wakaama’s notifications are non-confirmable, and aiocoap ignores those that it does not know, so that the client was never told and went on.',
  },
  {
    capture: 'wk-aio-cbor-a.pcapng',
    facts: [fact('observation of /3/0/9: end', 'cancelled', 'deregistered')],
    right: 'both',
    why: 'The script forgot the observation without a message and no notification came after that; in the capture it lasts until the client de-registers.',
  },
  {
    capture: 'wk-server-down-a.pcapng',
    facts: [fact('server: unregistered', '1', '2')],
    right: 'both',
    why: 'The server that held the first registration was killed and could not see its lifetime end. By the lifetime it expired.',
  },
  {
    capture: 'wk-tlvjson-a.pcapng',
    facts: [fact('observation of /31024/10: answers and notifications', '3', '2')],
    right: 'us',
    why: 'Wakaama asks for the second block of the first answer with Observe again and takes that block for a notification. It belongs to the answer (RFC 7959 §2.6).',
  },
];

/** What is compared, and what is not. `captures` has those with at least one fact. */
export const LIFE_TOTALS: {
  captures: number;
  facts: number;
  /** Captures that are left out, by the reason. */
  skipped: Readonly<Record<string, number>>;
  /** Statements that are left out of captures that are compared, by the reason. */
  leftOut: Readonly<Record<string, number>>;
} = {
  captures: 122,
  facts: 3783,
  skipped: {
    'DTLS, TLS or OSCORE, and no keys are taken yet': 67,
    'a part of another capture: what was said is of the whole': 5,
    'its stacks said nothing of lives': 3,
    'no truth file': 67,
  },
  leftOut: {
    'paths of a composite observation, which stand in its body': 2,
    'statements of a bootstrap inside OSCORE': 11,
    'statements of clients behind DTLS or TLS': 112,
  },
};
