declare module 'pcap-parser' {
  interface PcapPacket {
    header: {
      timestampSeconds: number;
      timestampMicroseconds: number;
      capturedLength: number;
      originalLength: number;
    };
    data: Buffer;
  }
  interface PcapHeader {
    linkLayerType: number;
    snapshotLength: number;
  }
  interface Parser {
    on(event: 'packet', listener: (packet: PcapPacket) => void): this;
    on(event: 'globalHeader', listener: (header: PcapHeader) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'end', listener: () => void): this;
  }
  export function parse(input: string): Parser;
}
