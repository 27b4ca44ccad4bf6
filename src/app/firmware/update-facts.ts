import type { UpdateDetail } from '../../analysis/firmware-protocol.ts';
import { type MessageRow, NO_ROW } from '../../capture/units.ts';
import { bytesText, countText } from '../number-text.ts';
import { durationText } from '../time-text.ts';

/** One line of what is known of an update. */
export interface Fact {
  name: string;
  text: string;
  /** Message that says so; `NO_ROW` for none. */
  row: MessageRow;
  /** Written in the type of code. */
  isCode?: boolean;
  /** Something that should not be. */
  isDoubt?: boolean;
}

export interface FactSection {
  title: string;
  facts: Fact[];
}

/** Names of Protocol Support (/5/x/8). */
const PROTOCOLS = ['CoAP', 'CoAPS', 'HTTP', 'HTTPS', 'CoAP over TCP', 'CoAP over TLS'] as const;
const DELIVERY = ['pull', 'push', 'pull and push'] as const;
const SEVERITY = ['critical', 'mandatory', 'optional'] as const;
/** Schemes of a package URI, by the value of Protocol Support that a device needs for it. */
const SCHEMES = ['coap', 'coaps', 'http', 'https', 'coap+tcp', 'coaps+tcp'] as const;

/** The facts of an update in sections; what is not known is left out. */
export function factsOf(update: UpdateDetail): FactSection[] {
  const sections: FactSection[] = [
    { title: 'Package', facts: packageFacts(update) },
    { title: 'Transfer', facts: transferFacts(update) },
    { title: 'What happened', facts: eventFacts(update) },
    { title: 'How the device updates', facts: termFacts(update) },
  ];
  return sections.filter((section) => section.facts.length > 0);
}

function packageFacts(update: UpdateDetail): Fact[] {
  const facts: Fact[] = [];
  const add = adderTo(facts);
  if (update.length >= 0) add('Size', `${countText(update.length)} B`);
  if (!update.complete)
    add(
      'Received',
      update.received > 0 ? `${countText(update.received)} B${share(update)}` : 'no byte was seen',
    );
  if (update.sha256 !== undefined) add('SHA-256', update.sha256, NO_ROW, { isCode: true });
  if (update.packageName !== undefined) add('Name', update.packageName);
  if (update.parcel !== undefined) add('Version', update.parcel);
  const told = update.events.find(({ kind }) => kind === 'version told');
  if (update.before !== undefined || update.after !== undefined)
    add('Running', `${update.before ?? '?'} → ${update.after ?? '?'}`, told?.row ?? NO_ROW);
  return facts;
}

function share({ received, length }: UpdateDetail): string {
  return length > 0 ? ` · ${Math.floor((received / length) * 100)} %` : '';
}

function transferFacts(update: UpdateDetail): Fact[] {
  const facts: Fact[] = [];
  const add = adderTo(facts);
  const { progress } = update;
  add('Method', update.method === undefined ? 'not seen' : methodText(update));
  add('Server', update.server, NO_ROW, { isCode: true });
  if (update.source !== undefined) add('Source', update.source, NO_ROW, { isCode: true });
  if (update.uri !== undefined)
    add('Package URI', update.uri, update.events.find(({ kind }) => kind === 'uri written')?.row ?? NO_ROW, {
      isCode: true,
    });
  const scheme = schemeDoubt(update);
  if (scheme !== undefined) add('Scheme', scheme, NO_ROW, { isDoubt: true });
  if (progress.count > 0) {
    const repeats = progress.repeatsCount === 0 ? '' : ` · ${countText(progress.repeatedBlocks)} sent again`;
    add('Blocks', `${countText(progress.count)}${repeats}`, progress.lastRow);
    add(
      'Block size',
      progress.sizes.map(({ size }) => countText(size)).join(' → ') + ' B',
      progress.sizes.length > 1 ? progress.sizes.at(-1)!.row : NO_ROW,
    );
    add('Took', durationText(progress.lastBlock - progress.firstBlock));
    if (!Number.isNaN(progress.meanRate)) add('Mean rate', `${bytesText(progress.meanRate)}/s`);
    if (progress.restarts > 0) add('Restarts', countText(progress.restarts), NO_ROW, { isDoubt: true });
  }
  progress.stalls.slice(0, 6).forEach((stall) => {
    const why = stall.why === 'sent again' ? `sent ${stall.copies} times` : stall.why;
    add('Stall', `${durationText(stall.to - stall.from)} · block ${stall.block} ${why}`, stall.row, {
      isDoubt: true,
    });
  });
  if (progress.stalls.length > 6)
    add('Stalls', `${progress.stalls.length} in all`, NO_ROW, { isDoubt: true });
  return facts;
}

function methodText({ method, object }: UpdateDetail): string {
  const resource = object.startsWith('/9/') ? ['2', '3'] : ['0', '1'];
  return method === 'push'
    ? `Push · written to ${object}/${resource[0]}`
    : `Pull · URI in ${object}/${resource[1]}`;
}

/** What speaks against the URI's scheme: that the device did not name it among those it supports. */
function schemeDoubt({ uri, terms, object }: UpdateDetail): string | undefined {
  const scheme = uri?.split(':', 1)[0]?.toLowerCase();
  if (scheme === undefined || terms.protocols === undefined || object.startsWith('/9/')) return undefined;
  const value = SCHEMES.indexOf(scheme as (typeof SCHEMES)[number]);
  return terms.protocols.includes(value) ? undefined : `${scheme} is not among those it supports`;
}

function eventFacts(update: UpdateDetail): Fact[] {
  const facts: Fact[] = [];
  const add = adderTo(facts);
  const zero = Number.isNaN(update.progress.firstBlock) ? update.from : update.progress.firstBlock;
  const at = (time: number): string => `${(Math.round((time - zero) / 1e6) / 1000 + 0).toFixed(3)} s`;
  for (const { kind, time, row, refused } of update.events.slice(0, 24))
    add(at(time), refused === 0 ? kind : `${kind}, refused`, row, { isDoubt: refused !== 0 });
  if (update.silence !== undefined)
    add(
      'Silent',
      `${durationText(update.silence.to - update.silence.from)}, then heard again`,
      update.silence.row,
    );
  for (const { from, to, row, clause } of update.illegal)
    add('Illegal', `${from} → ${to} (${clause})`, row, { isDoubt: true });
  if (update.leader >= 0) add('Led by', `attempt ${update.leader + 1}`);
  return facts;
}

function termFacts({ terms }: UpdateDetail): Fact[] {
  const facts: Fact[] = [];
  const add = adderTo(facts);
  if (terms.protocols !== undefined)
    add('Protocols', terms.protocols.map((value) => PROTOCOLS[value] ?? String(value)).join(', '));
  if (terms.delivery !== undefined) add('Delivery', DELIVERY[terms.delivery] ?? String(terms.delivery));
  if (terms.severity !== undefined) add('Severity', SEVERITY[terms.severity] ?? String(terms.severity));
  if (terms.deferPeriod !== undefined) add('Defers for', `at most ${countText(terms.deferPeriod)} s`);
  if (terms.automatic === true) add('Automatic', 'updates without Execute');
  if (terms.linked !== undefined && terms.linked.length > 0) add('Linked', terms.linked.join(', '));
  if (terms.conflicting !== undefined && terms.conflicting.length > 0)
    add('Conflicting', terms.conflicting.join(', '), NO_ROW, { isDoubt: true });
  return facts;
}

function adderTo(
  facts: Fact[],
): (name: string, text: string, row?: MessageRow, look?: Pick<Fact, 'isCode' | 'isDoubt'>) => void {
  return (name, text, row = NO_ROW, look = {}) => {
    facts.push({ name, text, row, ...look });
  };
}
