import type { EachValue } from './field.ts';

/**
 * What a message filter reads of the values that a message carries and of the path that it is about. Walks make one
 * path or value after the other the one at hand, of which the other functions speak. Nothing here allocates but
 * `text`. Ids are −1 where there is none; the text of an id does not change while a filter is in use.
 */
export interface MessageValuesAccess {
  /** Walks over the path of the operation, and then over the values as `eachValue` does. */
  readonly eachPath: EachValue;
  /** Walks over the values that the message carries, of a repeat those of its first copy. */
  readonly eachValue: EachValue;
  /** A level of the path at hand, 0 object to 3 resource instance; NaN where the path does not have it. */
  readonly level: (level: 0 | 1 | 2 | 3) => number;
  /** Id of the path at hand, and the path of an id as text. */
  readonly pathId: () => number;
  readonly pathOf: (id: number) => string;
  /** Id of the definition of the resource at hand, with its name and its unit; a unit may be empty. */
  readonly definitionId: () => number;
  readonly nameOf: (id: number) => string;
  readonly unitOf: (id: number) => string;
  /** Index in `VALUE_TYPE_NAMES` of the type that the value at hand was read as. */
  readonly type: () => number;
  /** The value at hand as a number, truth as 0 or 1; NaN for text and bytes. */
  readonly number: () => number;
  /** `Doubt` bits of the value at hand, and the doubts of some bits in words. */
  readonly doubts: () => number;
  readonly doubtsOf: (bits: number) => readonly string[];
  /** The value at hand as records have it; undefined where its bytes are gone. Only where the row was made ready. */
  readonly text: (row: number) => string | undefined;
  /** The content format of the message's values was recognised by their shape. */
  readonly isGuessed: (row: number) => boolean;
  /** Whether a message is a Create that leaves out mandatory resources. */
  readonly isIncomplete: (row: number) => boolean;
  /** Of a Register or an Update: id of its query, and what stands in the query of an id. */
  readonly registrationId: (row: number) => number;
  readonly registration: (id: number) => RegistrationParameters;
  /** What occurs in the capture, to be offered while a filter is written; bounded numbers. Paths of operations: */
  readonly knownPaths: () => readonly string[];
  /** Paths of operations and values, and their objects. */
  readonly knownPlaces: () => readonly string[];
  readonly knownNames: () => readonly string[];
  readonly knownUnits: () => readonly string[];
  readonly knownVersions: () => readonly string[];
  readonly knownBindings: () => readonly string[];
}

/** Parameters of a registration that a filter asks for; absent where the query does not have them. */
export interface RegistrationParameters {
  lifetime?: number;
  version?: string;
  binding?: string;
}

const none = (): readonly string[] => [];

/** For fields that are only named, not asked. */
export const NO_VALUES: MessageValuesAccess = {
  eachPath: () => false,
  eachValue: () => false,
  level: () => NaN,
  pathId: () => -1,
  pathOf: () => '',
  definitionId: () => -1,
  nameOf: () => '',
  unitOf: () => '',
  type: () => 0,
  number: () => NaN,
  doubts: () => 0,
  doubtsOf: () => [],
  text: () => undefined,
  isGuessed: () => false,
  isIncomplete: () => false,
  registrationId: () => -1,
  registration: () => ({}),
  knownPaths: none,
  knownPlaces: none,
  knownNames: none,
  knownUnits: none,
  knownVersions: none,
  knownBindings: none,
};
