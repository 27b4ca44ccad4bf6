/** Units as types: they cost nothing at run time and say what a number means. */

/** Time in nanoseconds since the capture's epoch; exact in a Float64 for ±104 days. */
export type Nanoseconds = number;
/** A span of time in seconds. */
export type Seconds = number;
/** A position in a byte store; may pass 4 GiB. */
export type ByteOffset = number;
/** A count of bytes. */
export type ByteCount = number;
/** Number of a frame in its file, from 1, as Wireshark counts. */
export type FrameNumber = number;
/** Index of a message in the message table, from 0, in capture order. */
export type MessageRow = number;

/** Row value that stands for "no row" in a Uint32 column. */
export const NO_ROW = 0xffffffff;
