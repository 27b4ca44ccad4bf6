/** What the ladder shows: of which device (-1 for all, undefined until one is chosen), and how. */
export interface ShownSequence {
  device: number | undefined;
  hideAcks: boolean;
  unfoldAll: boolean;
}
