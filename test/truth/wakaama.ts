import { Buffer } from 'node:buffer';
import { targetsOf, type Claim, type Part, type Told } from './claim.ts';
import { textValue, valuesOf, type Values } from './contents.ts';
import { datagramsOf, type Datagram } from './wakaama-log.ts';

interface Step {
  proc?: string;
  cli?: string;
  output?: string;
}

/** A truth file of a capture with Wakaama: what was typed, and what each process printed. */
export interface WakaamaTruth {
  steps?: Step[];
  logs?: Record<string, string>;
}

const MEDIA_TYPES: Readonly<Record<string, number>> = {
  'text/plain': 0,
  'application/link-format': 40,
  'application/octet-stream': 42,
  'application/senml+json': 110,
  'application/senml+cbor': 112,
  'application/vnd.oma.lwm2m+tlv': 11542,
  'application/vnd.oma.lwm2m+json': 11543,
};

/** Commands of Wakaama's server: the operation they stand for, and its method. */
const COMMANDS: Readonly<Record<string, [operation: string, code: string]>> = {
  read: ['Read', '0.01'],
  disc: ['Discover', '0.01'],
  observe: ['Observe', '0.01'],
  cancel: ['Cancel Observation', '0.01'],
  write: ['Write-Replace', '0.03'],
  time: ['Write-Attributes', '0.03'],
  attr: ['Write-Attributes', '0.03'],
  update: ['Write-Partial-Update', '0.02'],
  exec: ['Execute', '0.02'],
  create: ['Create', '0.02'],
  del: ['Delete', '0.04'],
};

/** What Wakaama understood of an answer or a notification. */
const UNDERSTOOD =
  /(?:Client #(\d+) (\S+) : (\d\.\d\d) \(\w*\)|Notify from client #(\d+) (\S+) number (\d+))\n {4}(?:non block transfer|block transfer: size: \d+, num: (\d+), more: (\d))\n {4}(\d+) bytes received of type ([^:\n]*):\n/g;
const REGISTERED =
  /New client #\d+ registered\.\nClient #\d+:\n\tname: "(.*)"\n\tversion: "(.*)"\n\tbinding: "(.*)"\n(?:\t.*\n)??\tlifetime: (\d+) sec/;
const ENDED = /Client #\d+ (updated|unregistered)\.\nClient #\d+:\n\tname: "(.*)"/;

const findIn = ({ token, mid, type, code, port }: Datagram): Part['find'] => {
  return (capture) => capture.with({ token, mid, type, code, port });
};

/** Values that a command names, as text, or as a pack in the one JSON or the other. */
function typedValues(command: string, path: string, text: string): Values | undefined {
  const body = Buffer.from(text);
  if (text.startsWith('[')) return valuesOf(110, body, path);
  if (text.startsWith('{')) return valuesOf(11543, body, path);
  // The server's console writes the value of a new instance into its resource 1.
  if (command === 'create') return { [`${path}/1`]: Number(text) };
  return { [path]: textValue(text) };
}

/** Attributes as the server's console writes them: periods as integers, thresholds with at least one decimal. */
function typedAttributes(command: string, parts: readonly string[]): string[] {
  const decimal = (text: string): string => (text.includes('.') ? text : `${text}.0`);
  if (command === 'time') return [`pmin=${parts[0]}`, `pmax=${parts[1]}`];
  return ['lt', 'gt', 'st'].flatMap((name, index) =>
    parts[index] === undefined ? [] : [`${name}=${decimal(parts[index])}`],
  );
}

/** What was typed for a request of the server. */
function commandTold(command: string, path: string, parts: readonly string[]): Told {
  const [operation] = COMMANDS[command]!;
  const told: Told = { operations: [operation], path };
  const text = parts.join(' ');
  if (command === 'time' || command === 'attr') told.query = typedAttributes(command, parts);
  else if (command === 'exec') told.body = Buffer.from(text).toString('hex');
  else if (text !== '') told.values = typedValues(command, path, text);
  // A new instance has the path of its object; which one it is stands in the answer.
  if (command === 'create') told.path = `/${path.split('/')[1]}`;
  return told;
}

/** The commands typed at the server, each with the datagram that it sent. */
function commandClaims(
  steps: readonly Step[],
  datagrams: readonly Datagram[],
  names: ReadonlyMap<string, string>,
): Claim[] {
  let from = 0;
  return steps.flatMap(({ cli = '' }) => {
    const [command = '', client = '', path = '', ...parts] = cli.split(' ');
    const known = COMMANDS[command];
    if (known === undefined) return [];
    const said = cli.length > 100 ? `${cli.slice(0, 100)}…` : cli;
    const told = commandTold(command, path, parts);
    const at = datagrams.findIndex(
      ({ direction, code, uriPath, isFurther }, index) =>
        index >= from && direction === 'sent' && !isFurther && code === known[1] && uriPath === told.path,
    );
    if (at < 0)
      return [{ said, parts: [], skipped: 'nothing was sent: Wakaama’s console refused the command' }];
    from = at + 1;
    const device = names.get(client);
    return [{ said, parts: [{ role: 'request', find: findIn(datagrams[at]!), told: { ...told, device } }] }];
  });
}

/** What the server understood of the messages that it got. */
function understoodClaims(datagrams: readonly Datagram[], names: ReadonlyMap<string, string>): Claim[] {
  const bodies = new Map<string, Buffer[]>();
  let last: Datagram | undefined;
  return datagrams.flatMap((datagram) => {
    const claims: Claim[] = [];
    if (datagram.direction === 'received') last = datagram;
    for (const match of datagram.after.matchAll(UNDERSTOOD)) {
      if (last === undefined) continue;
      const [, client, path, code, observer, observed, number, block, more, size, media] = match;
      const where = (path ?? observed)!;
      const blocks = Number(block ?? 0) === 0 ? [] : (bodies.get(last.token) ?? []);
      // With the last block Wakaama prints the size of the whole body.
      const before = more === '0' ? Buffer.concat(blocks).length : 0;
      const body = last.bytes.subarray(last.bytes.length - (Number(size) - before));
      blocks.push(body);
      bodies.set(last.token, blocks);
      const told: Told = { device: names.get((client ?? observer)!), code: code ?? last.code };
      // What Wakaama names after a Create is the new instance.
      if (last.code !== '2.01') told.path = where;
      else told.location = where;
      if (number !== undefined) told.operations = Number(number) === 0 ? ['Observe'] : ['Notify'];
      const format = MEDIA_TYPES[media!];
      if (Number(size) > 0) told.format = format;
      if (more !== '1' && Number(size) > 0 && format !== undefined && last.code.startsWith('2.')) {
        const whole = Buffer.concat(blocks);
        told.length = whole.length;
        if (format === 40) told.links = targetsOf(whole.toString('utf8'));
        else told.values = valuesOrNone(format, whole, where);
      }
      const said = `${match[0].split('\n')[0]} ${size} bytes ${media}${block === undefined ? '' : ` block ${block}`}`;
      claims.push({ said, parts: [{ role: 'answer', find: findIn(last), told }] });
    }
    return claims;
  });
}

/** Values of a body; none of one that Wakaama shows without saying that it is the first of several blocks. */
function valuesOrNone(format: number, body: Buffer, path: string): Values | undefined {
  try {
    return valuesOf(format, body, path);
  } catch {
    return undefined;
  }
}

/** Registrations as the server told of them. */
function registrationClaims(datagrams: readonly Datagram[]): Claim[] {
  return datagrams.flatMap((datagram): Claim[] => {
    const registered = REGISTERED.exec(datagram.after);
    const find = findIn(datagram);
    if (registered !== null) {
      const [, name, version, , lifetime] = registered;
      const told = (capture: Parameters<Part['find']>[0]): Told => {
        const record = find(capture)[0];
        const query = String(((record?.coap ?? {}) as { uri_query?: string }).uri_query ?? '').split('&');
        const own = [`ep=${name}`, `lt=${lifetime}`, `lwm2m=${version}`];
        // The binding is printed by its name, and the order of what is not printed is the client's.
        return {
          operations: ['Register'],
          device: name,
          query: [...own, ...query.filter((one) => /^(b|ct|sms|Q)\b/.test(one))],
        };
      };
      return [{ said: `registered ${name} for ${lifetime} s`, parts: [{ role: 'request', find, told }] }];
    }
    const ended = ENDED.exec(datagram.after);
    if (ended === null || datagram.direction !== 'received') return [];
    const operation = ended[1] === 'updated' ? 'Update' : 'De-register';
    const told: Told = { operations: [operation], device: ended[2] };
    return [{ said: `${ended[1]} ${ended[2]}`, parts: [{ role: 'request', find, told }] }];
  });
}

/** Commands typed at a client that made it send something. */
function clientClaims(steps: readonly Step[]): Claim[] {
  return steps.flatMap(({ proc = '', cli = '', output = '' }) => {
    if (!proc.startsWith('client')) return [];
    const [command, path = '', ...parts] = cli.split(' ');
    const sent = datagramsOf(output).filter(({ direction }) => direction === 'sent');
    return sent.flatMap((datagram): Claim[] => {
      const { code, uriPath } = datagram;
      const isAtLocation = /^\/(rd\/|\d+$)/.test(uriPath);
      let told: Told | undefined;
      if (command === 'change' && code === '2.05')
        told = {
          operations: ['Notify'],
          ...(parts.length === 1 ? { includes: { [path]: textValue(parts[0]!) } } : {}),
        };
      else if (command === 'update' && isAtLocation && code === '0.02') told = { operations: ['Update'] };
      else if (command === 'quit' && code === '0.04') told = { operations: ['De-register'] };
      else if (command === 'send' && code === '0.02') told = { operations: ['Send'] };
      return told === undefined
        ? []
        : [{ said: `${proc}: ${cli}`, parts: [{ role: 'message', find: findIn(datagram), told }] }];
    });
  });
}

/** Everything that the processes of Wakaama say of operations. */
export function wakaamaClaims({ steps = [], logs = {} }: WakaamaTruth): Claim[] {
  const servers = Object.entries(logs).filter(([name]) => /server/.test(name));
  return [
    ...servers.flatMap(([proc, log]) => {
      // Where a process that was left over went on writing, the log has a gap of zeros, and then another recording.
      const text = log.split('\0')[0]!;
      const datagrams = datagramsOf(text);
      const names = clientNames(text);
      return [
        ...commandClaims(
          steps.filter((step) => step.proc === proc),
          datagrams,
          names,
        ),
        ...understoodClaims(datagrams, names),
        ...registrationClaims(datagrams),
      ];
    }),
    ...clientClaims(steps),
  ];
}

/** Names of clients by the server's numbers; a number that stood for two names has none. */
function clientNames(text: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const lost = new Set<string>();
  for (const [, number, name] of text.matchAll(
    /New client #(\d+) registered\.\nClient #\d+:\n\tname: "(.*)"/g,
  )) {
    if (names.has(number!) && names.get(number!) !== name) lost.add(number!);
    names.set(number!, name!);
  }
  for (const number of lost) names.delete(number);
  return names;
}
