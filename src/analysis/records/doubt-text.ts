import { Doubt } from '../../lwm2m/value.ts';

const TEXTS: readonly [number, string][] = [
  [Doubt.typeDiffers, 'does not fit the type of the registry'],
  [Doubt.unknownResource, 'no definition of the resource is known'],
  [Doubt.wrongNesting, 'wrong nesting'],
  [Doubt.duplicate, 'occurs twice'],
  [Doubt.outOfRange, 'outside of the range of the registry'],
  [Doubt.notAllowed, 'the registry does not allow the operation on the resource'],
  [Doubt.wrongField, 'in a field for values of another type'],
  [Doubt.baseAdded, 'a SenML base value is added, which LwM2M does not use'],
];

/** The doubts of a value in words; none where there are none. */
export function doubtTexts(doubts: number): string[] {
  return TEXTS.filter(([bit]) => (doubts & bit) !== 0).map(([, text]) => text);
}

/** The doubts of a value in words, joined by a semicolon; empty where there are none. */
export function doubtText(doubts: number): string {
  return doubtTexts(doubts).join('; ');
}
