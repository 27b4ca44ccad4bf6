/** What records are made of: JSON without nulls, keys in a fixed order. */
export type JsonValue = string | number | boolean | JsonValue[] | JsonObject;
export interface JsonObject {
  [key: string]: JsonValue;
}
