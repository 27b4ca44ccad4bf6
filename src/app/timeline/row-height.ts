/** Height of one line of the timeline, in CSS pixels. */
export const ROW_HEIGHT = 23;
