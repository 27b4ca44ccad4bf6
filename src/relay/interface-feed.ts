import type { TapInterface, TapOffer } from '../analysis/live-tap-protocol.ts';
import {
  type CaptureTool,
  checkFilter,
  chosenInterfaces,
  findTools,
  listInterfaces,
  OFFERED_FILTERS,
} from './capture-tool.ts';
import { isLoopback } from './listening.ts';
import { InterfaceSource } from './interface-source.ts';
import type { TapFeed } from './live-tap.ts';
import type { PacketSource } from './packet-source.ts';
import { RelayError } from './relay-host.ts';

/** The pseudo-device that captures on all interfaces, loopback too. */
const ALL_INTERFACES = 'any';

/** Lets viewers choose among the interfaces of this machine. */
export class InterfaceFeed implements TapFeed {
  #ownPort = 0;
  /** True where the relay listens beyond loopback, so that its connections show on other interfaces too. */
  #isListeningWide = false;

  /**
   * `folders` are those where capture tools lie; `only` names the interfaces that may be chosen, where not all may;
   * `filter` is offered first, where there is one.
   */
  constructor(
    private readonly folders: readonly string[],
    private readonly only: readonly string[] = [],
    private readonly filter?: string,
  ) {}

  /** Says where the relay listens. Its connections are not captured: each packet sent to a viewer would make another. */
  leaveOut(address: string, port: number): void {
    this.#ownPort = port;
    this.#isListeningWide = !isLoopback(address);
  }

  async offer(): Promise<TapOffer> {
    const filters = OFFERED_FILTERS.filter(({ filter }) => filter !== this.filter);
    if (this.filter !== undefined)
      filters.unshift({ label: 'As the relay was started', filter: this.filter });
    const offer: TapOffer = { kind: 'interfaces', interfaces: [], filters };
    try {
      const { tools, interfaces } = await this.#offered();
      return { ...offer, tool: tools[0].name, interfaces };
    } catch (error) {
      if (!(error instanceof RelayError)) throw error;
      return { ...offer, error: error.message };
    }
  }

  async choose(names: readonly string[], filter: string): Promise<PacketSource> {
    const { tools, interfaces } = await this.#offered();
    const chosen = chosenInterfaces(names, interfaces);
    await checkFilter(tools[0], filter, chosen[0]!.name);
    return new InterfaceSource(tools, chosen, filter, (one) => this.#exclude(one));
  }

  async #offered(): Promise<{ tools: [CaptureTool, ...CaptureTool[]]; interfaces: TapInterface[] }> {
    const tools = await findTools(this.folders);
    const interfaces = await listInterfaces(tools[0]);
    return { tools, interfaces: this.only.length > 0 ? chosenInterfaces(this.only, interfaces) : interfaces };
  }

  #exclude(one: TapInterface): string {
    const seen = one.loopback || one.name === ALL_INTERFACES || this.#isListeningWide;
    return seen && this.#ownPort > 0 ? `tcp port ${this.#ownPort}` : '';
  }
}
