import { contentFormatName } from './content-format.ts';
import { Operation, type OperationCode } from './operation.ts';
import { segmentsOf, splitSegment } from './query.ts';

/** A parameter of a Uri-Query in words. */
export interface QueryParameter {
  label: string;
  value: string;
  /** The value is not what the clause has. */
  isWrong: boolean;
  clause: string;
}

/** What a value must be, and how it is said. */
interface Kind {
  pattern: RegExp;
  say: (value: string) => string;
  /** What the name alone says; undefined where it needs a value. */
  alone?: string;
}

const same = (value: string): string => value;
const seconds = (value: string): string => `${value} s`;

const TEXT: Kind = { pattern: /^.+$/su, say: same };
/** Periods, and `hqmax`: a name alone takes the attribute away again. */
const PERIOD: Kind = { pattern: /^\d+$/, say: seconds, alone: 'unset' };
const COUNT: Kind = { pattern: /^\d+$/, say: same, alone: 'unset' };
/** The grammar has no sign; negative thresholds are common all the same, and some write exponents. */
const THRESHOLD: Kind = { pattern: /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/, say: same, alone: 'unset' };
const EDGE: Kind = {
  pattern: /^[01]$/,
  say: (value) => (value === '1' ? 'rising' : 'falling'),
  alone: 'unset',
};
const YES_NO: Kind = { pattern: /^[01]$/, say: (value) => (value === '1' ? 'yes' : 'no'), alone: 'unset' };

type Parameters = Readonly<Record<string, readonly [label: string, kind: Kind]>>;

const REGISTRATION: Parameters = {
  ep: ['Endpoint client name', TEXT],
  lt: ['Lifetime', { pattern: /^\d+$/, say: seconds }],
  lwm2m: ['LwM2M version', { pattern: /^\d+\.\d+$/, say: same }],
  b: ['Binding mode', { pattern: /^[UTSNMHQ]+$/, say: same }],
  Q: ['Queue mode', { pattern: /^(?!)/, say: same, alone: 'yes' }],
  sms: ['SMS number', { pattern: /^\d+$/, say: same }],
  pid: ['Profile', TEXT],
};

const BOOTSTRAP: Parameters = {
  ep: ['Endpoint client name', TEXT],
  pct: [
    'Preferred content format',
    { pattern: /^\d+$/, say: (id) => `${id} ${contentFormatName(Number(id))}` },
  ],
  acc: ['Accounts', TEXT],
};

const ATTRIBUTES: Parameters = {
  pmin: ['Minimum period', PERIOD],
  pmax: ['Maximum period', PERIOD],
  epmin: ['Minimum evaluation period', PERIOD],
  epmax: ['Maximum evaluation period', PERIOD],
  gt: ['Greater than', THRESHOLD],
  lt: ['Less than', THRESHOLD],
  st: ['Step', THRESHOLD],
  edge: ['Edge', EDGE],
  con: ['Confirmable notifications', YES_NO],
  hqmax: ['Notifications kept at most', COUNT],
};

const DISCOVER: Parameters = { depth: ['Depth', { pattern: /^[0-3]$/, say: same }] };

function parametersOf(operation: OperationCode): readonly [Parameters, string] | undefined {
  switch (operation) {
    case Operation.register:
    case Operation.update:
      return [REGISTRATION, 'LwM2M Core §6.2.1'];
    case Operation.bootstrapRequest:
    case Operation.bootstrapPackRequest:
      return [BOOTSTRAP, 'LwM2M Core §6.1.7'];
    case Operation.writeAttributes:
    case Operation.observe:
    case Operation.observeComposite:
      return [ATTRIBUTES, 'LwM2M Core §7.3.2'];
    case Operation.discover:
    case Operation.bootstrapDiscover:
      return [DISCOVER, 'LwM2M Core §6.3.2'];
    default:
      return undefined;
  }
}

/**
 * The parameters that LwM2M defines for an operation in the canonical text of its request's Uri-Query, in wire order:
 * `lt` is the lifetime of a registration, and *less than* of Write-Attributes. A value that is not as defined is given
 * as it came, and marked. Names that the operation does not define are left out.
 */
export function queryParameters(operation: OperationCode, text: string): QueryParameter[] {
  const defined = parametersOf(operation);
  if (defined === undefined) return [];
  const [parameters, clause] = defined;
  return segmentsOf(text).flatMap((segment) => {
    const [name, value] = splitSegment(segment);
    if (!Object.hasOwn(parameters, name)) return [];
    const [label, kind] = parameters[name]!;
    if (value === undefined || value === '')
      return [{ label, value: kind.alone ?? 'without a value', isWrong: kind.alone === undefined, clause }];
    const isRight = kind.pattern.test(value);
    return [{ label, value: isRight ? kind.say(value) : value, isWrong: !isRight, clause }];
  });
}
