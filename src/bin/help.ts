const READING = `Options:
  --format text|ndjson|json|csv  how records are written (text on a terminal, else ndjson)
  -o, --output FILE              where to (standard output)
  --decode-as [ADDRESS:]PORT=coap|dtls|none
                                 what a port carries; may be given several times
  --lowpan-context ID=PREFIX/LENGTH
                                 prefix that 6LoWPAN addresses leave out, ID 0 to 15;
                                 may be given several times
  --objects PATH                 object definitions in OMA's XML: a file, a zip archive or a
                                 folder; may be given several times, the later ones count
  --redact                       leaves out keys, identities of keys and passwords
  --offset FILE=SECONDS          corrects a clock: added to the times of one capture, given by its
                                 name or its number; may be given several times
`;
const CAPTURES = `CAPTURE is a file in pcap or pcapng, compressed with gzip or not, or - for standard input.
Several are merged by time; what two capture points both saw counts once.
`;
const REPLAY = `  --replay FILE  recording that is played as if live, from its start for each client
  --speed N      seconds of the capture in one second (1); max or 0: as fast as the client takes
  --exact-gaps   keeps silences longer than 5 seconds, which are shortened otherwise
`;
const CAPTURE = `  --filter EXPR  capture filter in tcpdump's words; '' for everything
`;
const KEEP = `  --ring SIZE    what is kept for those who come late (64MiB), from 1MiB to 4GiB
  --write FILE   writes everything into a new pcapng file while it comes
`;
const LISTEN = `  --listen ADDRESS:PORT          can be reached from elsewhere; needs a certificate, or the word
  --tls-cert FILE, --tls-key FILE
                                 certificate and its key in PEM
  --insecure-listen              the word: in the clear, everybody on the way may read it
`;

interface CommandHelp {
  usage: string;
  purpose: string;
  more: string;
}

function reading(name: string, purpose: string, options = READING): CommandHelp {
  return { usage: `${name} CAPTURE...`, purpose, more: `${CAPTURES}\n${options}` };
}

const COMMANDS: Readonly<Record<string, CommandHelp>> = {
  info: reading('info', 'what the files are: interfaces, frames, what was not read and why'),
  messages: reading(
    'messages',
    'one record a CoAP message, in capture order',
    `${READING}  --filter EXPR                  only messages that match, such as 'coap.code == 2.05'\n  -f, --follow                   prints each message as soon as it was read\n`,
  ),
  devices: reading('devices', 'one record a device'),
  sessions: reading('sessions', 'one record a registration or a bootstrap'),
  transfers: reading('transfers', 'one record a block-wise transfer, complete or not'),
  observations: reading('observations', 'one record an observation'),
  firmware: reading('firmware', 'one record a firmware update attempt'),
  values: reading(
    'values',
    'one record a value that crossed the wire',
    `${READING}  --filter EXPR                  only values of messages that match\n`,
  ),
  serve: {
    usage: 'serve [CAPTURE]',
    purpose: 'the page, on loopback; captures live when the page asks for it; opens with CAPTURE',
    more: `The page listens on 127.0.0.1 only and ends with ctrl-c. Whoever has the printed address,
with its token, may capture. That takes tcpdump or dumpcap, and no root where the tool has the
permission. With --replay the page is offered a recording instead.

Options:
  --port N       port (8460, or any that is free where that is taken)
${CAPTURE}${KEEP}${REPLAY}${LISTEN}`,
  },
  tap: {
    usage: 'tap INTERFACE...|-',
    purpose: 'the live tap alone: captures, or passes on a stream, over a WebSocket on loopback',
    more: `The page connects to the address that is printed, which holds a token. Packets come from one of:

  INTERFACE...   interfaces of this machine, by tcpdump or dumpcap
  -              standard input, in pcap, pcapng, or a text with messages in hexadecimal:
                 ssh router tcpdump -U -w - udp | lwm2m-scope tap -
  --pipe PATH    the same from a named pipe
  --log FILE     a log with messages in hexadecimal that grows
  --replay FILE  a recording

Options:
  --interfaces   lists the interfaces and ends
  --port N       port (8461, or any that is free where that is taken)
${CAPTURE}${KEEP}${REPLAY}${LISTEN}`,
  },
};

/** Names of all commands. */
export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** The help of one command, or of all where the command is absent or unknown. Ends with a line break. */
export function helpText(command: string | undefined): string {
  const one = command !== undefined && Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (one !== undefined) return `lwm2m-scope ${one.usage} [OPTIONS]\n${one.purpose}\n\n${one.more}`;
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length));
  const lines = Object.values(COMMANDS).map(({ usage, purpose }) => `  ${usage.padEnd(width)}  ${purpose}\n`);
  return `lwm2m-scope reads captured CoAP and LwM2M traffic and says what each device did.

lwm2m-scope COMMAND [OPTIONS]
${lines.join('')}
  --help     this text, and after a command that command's options
  --version  the version

Exit code: 0 done; 2 the capture or the arguments cannot be used (one line on standard error).
`;
}
