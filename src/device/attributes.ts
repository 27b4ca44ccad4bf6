import type { MessageRow, Nanoseconds } from '../capture/units.ts';
import { Code } from '../coap/code.ts';
import { readObjectLinks } from '../lwm2m/content/object-links.ts';
import { type OperationEvent, Phase } from '../lwm2m/operation-event.ts';
import { Operation } from '../lwm2m/operation.ts';
import { PathKind } from '../lwm2m/path.ts';
import {
  ATTRIBUTE_NAMES,
  type AttributeName,
  type NotificationAttributes,
  parseAttributes,
} from '../lwm2m/query.ts';

/** Settings of attributes that are kept; later ones are counted. */
const MAX_SETTINGS = 100_000;
/** Content-Format of CoRE links (RFC 6690 §7.4). */
const LINK_FORMAT = 40;
/** A Discover answer may name as many paths; further ones are not looked at. */
const MAX_DISCOVERED = 4096;

/** How attributes became known. */
export type AttributeSource =
  /** Write-Attributes, accepted: changes those it names (LwM2M Core §6.3.4). */
  | 'written'
  /** The answer to a Discover: the device's own word for all that is attached (LwM2M Core §6.3.2). */
  | 'discovered'
  /** The Observe itself: replaces all attached ones for this observation (LwM2M 1.2 Core §7.3.2). */
  | 'observed';

/** Ids of a path; `NO_ID` for levels it does not have. */
interface AttributePath {
  objectId: number;
  instanceId: number;
  resourceId: number;
  resourceInstanceId: number;
}

function keyOf(conversation: number, path: AttributePath): string {
  return `${conversation}:${path.objectId}/${path.instanceId}/${path.resourceId}/${path.resourceInstanceId}`;
}

/** What one message said of the NOTIFICATION attributes of a path, for one server. */
export interface AttributeSetting extends AttributePath {
  conversation: number;
  /** Endpoint id of the server: attributes are each server's own (LwM2M Core §7.3). */
  serverEndpoint: number;
  source: AttributeSource;
  /** Null unsets an attribute; of what was discovered, what is not named is not attached. */
  attributes: NotificationAttributes;
  time: Nanoseconds;
  /** The answer that proves it. */
  row: MessageRow;
  /** Index of the observation whose request carried them, or -1. */
  observation: number;
}

/** One attribute in force, with the setting it comes from. */
export interface AttributeInForce {
  value: number;
  setting: AttributeSetting;
}

/** The attributes in force by name; absent where none is. */
export type AttributesInForce = Partial<Record<AttributeName, AttributeInForce>>;

/** True where `setting` is attached to the path `ids` or to a level above it. */
function covers(setting: AttributeSetting, ids: readonly number[]): boolean {
  const [objectId, instanceId, resourceId, resourceInstanceId] = ids;
  return (
    setting.objectId === objectId &&
    (setting.instanceId < 0 || setting.instanceId === instanceId) &&
    (setting.resourceId < 0 || setting.resourceId === resourceId) &&
    (setting.resourceInstanceId < 0 || setting.resourceInstanceId === resourceInstanceId)
  );
}

/** How deep a setting's path is: 1 object, to 4 resource instance. */
function depthOf(setting: AttributeSetting): number {
  if (setting.resourceInstanceId >= 0) return 4;
  if (setting.resourceId >= 0) return 3;
  return setting.instanceId >= 0 ? 2 : 1;
}

/** Takes a setting over what is attached at one level. */
function apply(attached: AttributesInForce, setting: AttributeSetting): AttributesInForce {
  const next: AttributesInForce = setting.source === 'discovered' ? {} : attached;
  for (const name of ATTRIBUTE_NAMES) {
    const value = setting.attributes[name];
    if (value === null) delete next[name];
    else if (value !== undefined) next[name] = { value, setting };
  }
  return next;
}

/** First letters of the names of attributes, as bytes: c, e, g, h, l, p, s. */
const INITIALS: ReadonlySet<number> = new Set([0x63, 0x65, 0x67, 0x68, 0x6c, 0x70, 0x73]);
const SEMICOLON = 0x3b;

/** Whether a list of links may have NOTIFICATION attributes: a parameter that begins like one of them. */
function namesAttributes({ body, bodyStart, bodyEnd }: OperationEvent): boolean {
  for (
    let at = body.indexOf(SEMICOLON, bodyStart);
    at >= 0 && at < bodyEnd - 1;
    at = body.indexOf(SEMICOLON, at + 1)
  )
    if (INITIALS.has(body[at + 1]!)) return true;
  return false;
}

/**
 * The NOTIFICATION attributes that servers attached to objects, instances and resources, over time: what accepted
 * Write-Attributes and Observe requests set and what answers to Discover tell (LwM2M Core §7.3).
 */
export class AttributeBook {
  /** Settings that are kept, and those beyond the limit. */
  count = 0;
  dropped = 0;
  /** Conversation and path of all settings. */
  readonly #known = new Set<string>();
  /** Settings of each conversation in capture order. */
  readonly #byConversation = new Map<number, AttributeSetting[]>();

  /** Takes the next operation event. */
  on(event: OperationEvent): void {
    if (event.phase !== Phase.response || event.path.kind !== PathKind.numeric) return;
    const { operation } = event;
    if (operation === Operation.writeAttributes && event.code === Code.changed) {
      this.#set(event, 'written', event.path, parseAttributes(event.queryText()));
    } else if (
      (operation === Operation.observe || operation === Operation.observeComposite) &&
      event.code === Code.content
    ) {
      const attributes = parseAttributes(event.queryText());
      if (Object.keys(attributes).length > 0) this.#set(event, 'observed', event.path, attributes);
    } else if (operation === Operation.discover && event.code === Code.content) this.#discovered(event);
  }

  /** The settings of some conversations in capture order. */
  settingsOf(conversations: Iterable<number>): readonly AttributeSetting[] {
    const lists = [...conversations].flatMap((one) => this.#byConversation.get(one) ?? []);
    return lists.sort((a, b) => a.row - b.row);
  }

  /**
   * The attributes in force for a path at a time: the deepest level that has one wins, and those of the Observe
   * itself replace all (LwM2M Core §7.3.2). `conversations` are the device's, `observation` the one that is looked
   * at, or -1.
   */
  inForce(
    conversations: Iterable<number>,
    ids: readonly [number, number, number, number],
    time: Nanoseconds,
    observation = -1,
  ): AttributesInForce {
    const levels: AttributesInForce[] = [{}, {}, {}, {}, {}];
    for (const setting of this.settingsOf(conversations)) {
      if (setting.time > time) break;
      if (setting.source === 'observed') {
        if (observation >= 0 && setting.observation === observation) return apply({}, setting);
        continue;
      }
      if (!covers(setting, ids)) continue;
      const depth = depthOf(setting);
      levels[depth] = apply(levels[depth]!, setting);
    }
    return Object.assign({}, ...levels) as AttributesInForce;
  }

  /** Observations have other numbers, -1 for those that were forgotten: what their requests carried goes with them. */
  renumberObservations(numbers: Int32Array): void {
    for (const [conversation, settings] of this.#byConversation) {
      const kept = settings.filter((setting) => {
        const isOf = setting.observation >= 0;
        if (isOf) setting.observation = numbers[setting.observation] ?? -1;
        return !isOf || setting.observation >= 0 || setting.source !== 'observed';
      });
      this.count -= settings.length - kept.length;
      this.#byConversation.set(conversation, kept);
    }
  }

  #discovered(event: OperationEvent): void {
    if (event.contentFormat !== LINK_FORMAT) return;
    // Most lists have none; they are not taken apart.
    if (!this.#byConversation.has(event.conversation) && !namesAttributes(event)) return;
    const { links } = readObjectLinks(event.body, event.bodyStart, event.bodyEnd);
    for (const link of links.slice(0, MAX_DISCOVERED)) {
      // Where something was attached, a link without attributes says that it is gone.
      const tells =
        Object.keys(link.attributes).length > 0 || this.#known.has(keyOf(event.conversation, link));
      if (tells) this.#set(event, 'discovered', link, link.attributes);
    }
  }

  #set(
    event: OperationEvent,
    source: AttributeSource,
    path: AttributePath,
    attributes: NotificationAttributes,
  ): void {
    if (this.count >= MAX_SETTINGS) {
      this.dropped++;
      return;
    }
    this.#known.add(keyOf(event.conversation, path));
    const settings = this.#byConversation.get(event.conversation) ?? [];
    if (settings.length === 0) this.#byConversation.set(event.conversation, settings);
    this.count++;
    settings.push({
      conversation: event.conversation,
      serverEndpoint: event.serverEndpoint,
      objectId: path.objectId,
      instanceId: path.instanceId,
      resourceId: path.resourceId,
      resourceInstanceId: path.resourceInstanceId,
      source,
      attributes,
      time: event.time,
      row: event.row,
      observation: event.observation,
    });
  }
}
