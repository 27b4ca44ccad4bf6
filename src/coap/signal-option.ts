import { Code } from './code.ts';
import { type OptionDefinition, optionDefinition } from './option.ts';

/** Options of signals by code: their numbers count for one code each (RFC 8323 §5.2). */
const SIGNAL_OPTIONS = new Map<number, readonly OptionDefinition[]>([
  [
    Code.csm,
    [
      option(2, 'Max-Message-Size', 'uint', 0, 4, 'RFC 8323 §5.3.1'),
      option(4, 'Block-Wise-Transfer', 'empty', 0, 0, 'RFC 8323 §5.3.2'),
      option(6, 'Extended-Token-Length', 'uint', 0, 3, 'RFC 8974 §2.2.1'),
    ],
  ],
  [Code.ping, [option(2, 'Custody', 'empty', 0, 0, 'RFC 8323 §5.4.1')]],
  [Code.pong, [option(2, 'Custody', 'empty', 0, 0, 'RFC 8323 §5.4.1')]],
  [
    Code.release,
    [
      { ...option(2, 'Alternative-Address', 'string', 1, 255, 'RFC 8323 §5.5'), repeatable: true },
      option(4, 'Hold-Off', 'uint', 0, 3, 'RFC 8323 §5.5'),
    ],
  ],
  [Code.abort, [option(2, 'Bad-CSM-Option', 'uint', 0, 2, 'RFC 8323 §5.6')]],
]);

function option(
  number: number,
  name: string,
  format: OptionDefinition['format'],
  minimum: number,
  maximum: number,
  clause: string,
): OptionDefinition {
  return { number, name, format, minimum, maximum, repeatable: false, clause };
}

/** What the registries say of an option in a message with `code`, or undefined. */
export function optionDefinitionIn(code: number, number: number): OptionDefinition | undefined {
  if (code >> 5 !== 7) return optionDefinition(number);
  return SIGNAL_OPTIONS.get(code)?.find((known) => known.number === number);
}

/** Name of an option in a message with `code`; `Option 77` where the registries have none. */
export function optionNameIn(code: number, number: number): string {
  return optionDefinitionIn(code, number)?.name ?? `Option ${number}`;
}
