import { Code, MessageType, OptionNumber, emptyAcknowledgement } from './coap-message.ts';
import { askInBlocks } from './block2-transfer.ts';
import {
  LARGE_PATH,
  OBSERVED_PATH,
  READS,
  WRITES,
  discoverLinks,
  firmwareContent,
  largeContent,
  sensorContent,
  type Content,
} from './content.ts';
import type { Device, Session } from './device.ts';
import { FirmwarePush } from './firmware-push.ts';
import { CONTENT_FORMAT, FORMATS, type Format } from './totals.ts';
import type { Message } from './traffic.ts';
import { SECOND, type World } from './world.ts';

/** Shares of what the server does: reads of a large object, and Discover of it. */
const LARGE_READS = 0.008;
const DISCOVERS = 0.016;
/** Share of the reads that are answered 4.04. */
const NOT_FOUND = 0.03;
/** After this long nothing that a device has sent is under way: the longest timeout and an answer's delay. */
const QUIET = 5 * SECOND;
const LINK_FORMAT = 40;
const OBJECT_LINKS =
  '</>;rt="oma.lwm2m";ct="0 110 112 11542",</1/0>;ver=1.1,</3/0>;ver=1.1,</4/0>,</5/0>,' +
  '</3303/0>,</3304/0>,</3308/0>,</3315/0>,</3323/0>';

/** One observation of a resource or an object instance. */
interface Observation {
  session: Session;
  token: Uint8Array;
  path: string;
  format: Format;
  /** Value of the Observe option of the last notification (RFC 7641 §3.4). */
  sequence: number;
  sent: number;
}

/** What one device and the server say to each other, from its first Register on. */
export class DeviceLife {
  private readonly world: World;
  private readonly device: Device;
  private firmwareState: Observation | undefined;
  private push: FirmwarePush | undefined;
  /** What the server reads next because of what happened, once. */
  private resultDue = false;

  constructor(world: World, device: Device) {
    this.world = world;
    this.device = device;
    if (device.push !== undefined) this.push = new FirmwarePush(world, device, device.push);
  }

  /** The device registers at `time`; a push begins no earlier than `pushTime`, and it leaves at `leaveTime` where that is given. */
  begin(time: number, pushTime: number, leaveTime: number | undefined): void {
    const { schedule } = this.world;
    schedule.at(time, (at) => {
      if (!this.device.overTcp) this.register(at);
      else this.world.traffic.connect(this.device.flow, at, (connected) => this.register(connected));
    });
    if (this.push !== undefined) this.push.due = pushTime;
    if (leaveTime !== undefined) schedule.at(leaveTime, (at) => this.leave(at));
  }

  private register(time: number): void {
    const { world, device } = this;
    if (world.calm()) return;
    const session: Session = { alive: false, location: device.nextLocation() };
    device.session = session;
    const id = device.nextDeviceMessageId();
    const token = device.nextToken();
    const request = world.coap
      .begin(MessageType.con, Code.post, id, token)
      .text(OptionNumber.uriPath, 'rd')
      .uint(OptionNumber.contentFormat, LINK_FORMAT)
      .text(OptionNumber.uriQuery, `ep=${device.endpointName}`)
      .text(OptionNumber.uriQuery, `lt=${device.lifetime}`)
      .text(OptionNumber.uriQuery, 'lwm2m=1.1')
      .text(OptionNumber.uriQuery, device.overTcp ? 'b=T' : 'b=U')
      .end(new TextEncoder().encode(OBJECT_LINKS));
    const answer = world.coap
      .begin(MessageType.ack, Code.created, id, token)
      .text(OptionNumber.locationPath, 'rd')
      .text(OptionNumber.locationPath, session.location)
      .end();
    this.fromDevice(time, { bytes: request, meaning: 'register' }, answer, (at) => {
      session.alive = true;
      this.planUpdate(session, at);
      const observed: [string, Format][] = FORMATS.map((format) => [OBSERVED_PATH[format], format]);
      if (this.push !== undefined) observed.push(['/5/0/3', device.firmwareFormat]);
      this.observe(session, at + 0.05 * SECOND, observed);
    });
  }

  private planUpdate(session: Session, time: number): void {
    const wait = this.device.lifetime * SECOND * (0.35 + 0.15 * this.world.random.unit());
    this.world.schedule.at(time + wait, (at) => this.update(session, at));
  }

  private update(session: Session, time: number): void {
    const { world, device } = this;
    if (!session.alive || world.calm()) return;
    if (device.busy) {
      world.schedule.at(time + SECOND / 2, (at) => this.update(session, at));
      return;
    }
    const id = device.nextDeviceMessageId();
    const token = device.nextToken();
    const request = world.coap
      .begin(MessageType.con, Code.post, id, token)
      .path(`/rd/${session.location}`)
      .end();
    const answer = world.coap.begin(MessageType.ack, Code.changed, id, token).end();
    this.fromDevice(time, { bytes: request, meaning: 'update' }, answer, (at) =>
      this.planUpdate(session, at),
    );
  }

  /** The device says nothing more for a while, de-registers, and comes back. */
  private leave(time: number): void {
    const { world, device } = this;
    const session = device.session;
    if (!session.alive || world.calm()) return;
    session.alive = false;
    world.schedule.at(time + QUIET, (at) => {
      if (world.calm()) return;
      const id = device.nextDeviceMessageId();
      const token = device.nextToken();
      const request = world.coap
        .begin(MessageType.con, Code.delete, id, token)
        .path(`/rd/${session.location}`)
        .end();
      const answer = world.coap.begin(MessageType.ack, Code.deleted, id, token).end();
      this.fromDevice(at, { bytes: request, meaning: 'deregister' }, answer, (gone) =>
        world.schedule.at(gone + world.random.between(30, 120) * SECOND, (back) => this.register(back)),
      );
    });
  }

  /** The server observes one after the other, then goes on with reads and writes. */
  private observe(session: Session, time: number, observed: [string, Format][]): void {
    const { world, device } = this;
    const next = observed.shift();
    if (next === undefined) {
      world.schedule.at(time + world.random.between(2, 30) * SECOND, (at) => this.manage(session, at));
      return;
    }
    if (!session.alive || world.calm()) return;
    const [path, format] = next;
    const token = device.nextToken();
    const sequence = world.random.below(64);
    const observation: Observation = { session, token, path, format, sequence, sent: 0 };
    const content = path === '/5/0/3' ? firmwareContent(format, 3, 0) : this.sense(format);
    const id = device.nextServerMessageId();
    const request = world.coap
      .begin(MessageType.con, Code.get, id, token)
      .uint(OptionNumber.observe, 0)
      .path(path)
      .uint(OptionNumber.accept, CONTENT_FORMAT[format])
      .end();
    const answer = this.report(MessageType.ack, id, observation, content);
    world.traffic.confirmable(
      device.flow,
      false,
      time,
      { bytes: request, meaning: 'observe' },
      { bytes: answer, meaning: 'other', content },
      (at) => {
        if (path === '/5/0/3') this.firmwareState = observation;
        else this.planNotification(observation, at);
        this.observe(session, at + 1000, observed);
      },
    );
  }

  private planNotification(observation: Observation, time: number): void {
    const wait = this.device.period * SECOND * (0.85 + 0.3 * this.world.random.unit());
    this.world.schedule.at(time + wait, (at) => this.notify(observation, at));
  }

  private notify(observation: Observation, time: number): void {
    const { world, device } = this;
    if (!observation.session.alive) return;
    const confirmable =
      !device.overTcp && observation.sent % device.confirmableEvery === device.confirmableEvery - 1;
    if (confirmable && device.busy && !world.calm()) {
      world.schedule.at(time + SECOND / 2, (at) => this.notify(observation, at));
      return;
    }
    this.sendNotification(observation, this.sense(observation.format), confirmable, time, (at) =>
      this.planNotification(observation, at),
    );
  }

  private sendNotification(
    observation: Observation,
    content: Content,
    confirmable: boolean,
    time: number,
    done: (time: number) => void,
  ): void {
    const { world, device } = this;
    observation.sequence++;
    observation.sent++;
    const id = device.nextDeviceMessageId();
    if (confirmable && !world.calm()) {
      const bytes = this.report(MessageType.con, id, observation, content);
      this.fromDevice(
        time,
        { bytes, meaning: 'confirmableNotification', content },
        emptyAcknowledgement(id),
        done,
      );
    } else {
      const bytes = this.report(MessageType.non, id, observation, content);
      world.traffic.nonConfirmable(device.flow, true, time, { bytes, meaning: 'notification', content });
      done(time);
    }
  }

  private report(type: number, id: number, observation: Observation, content: Content): Uint8Array {
    return this.world.coap
      .begin(type, Code.content, id, observation.token)
      .uint(OptionNumber.observe, observation.sequence)
      .uint(OptionNumber.contentFormat, CONTENT_FORMAT[content.format])
      .end(content.bytes);
  }

  /** The server reads or writes something, or pushes firmware where that is due; one at a time. */
  private manage(session: Session, time: number): void {
    const { world, device } = this;
    if (!session.alive || world.calm()) return;
    const next = (at: number): void =>
      world.schedule.at(at + world.random.between(40, 70) * SECOND, (later) => this.manage(session, later));
    if (this.push !== undefined && this.push.isDue(time)) {
      this.push.begin(
        time,
        (state, at) => this.notifyFirmware(state, at),
        next,
        (at) => this.reboot(session, at),
      );
    } else if (this.resultDue) {
      this.resultDue = false;
      this.read(time, '/5/0/5', firmwareContent('text', 5, 1), next);
    } else if (world.random.chance(LARGE_READS)) {
      const content = largeContent(world.random);
      if (!device.sendsBlocks) this.read(time, LARGE_PATH, content, next);
      else this.readInBlocks(time, CONTENT_FORMAT.tlv, content.bytes, content, next);
    } else if (world.random.chance(DISCOVERS)) {
      this.readInBlocks(time, LINK_FORMAT, discoverLinks(world.random), undefined, next);
    } else if (world.random.chance(0.6)) {
      const kind = READS[world.random.below(READS.length)]!;
      this.read(time, kind.path, kind.content(world.random), next);
    } else {
      const kind = WRITES[world.random.below(WRITES.length)]!;
      const content = kind.content(world.random);
      const id = device.nextServerMessageId();
      const token = device.nextToken();
      const request = world.coap
        .begin(MessageType.con, Code.put, id, token)
        .path(kind.path)
        .uint(OptionNumber.contentFormat, CONTENT_FORMAT[content.format])
        .end(content.bytes);
      const answer = world.coap.begin(MessageType.ack, Code.changed, id, token).end();
      world.traffic.confirmable(
        device.flow,
        false,
        time,
        { bytes: request, meaning: 'write', content },
        { bytes: answer, meaning: 'other' },
        next,
      );
    }
  }

  private read(time: number, path: string, content: Content, done: (time: number) => void): void {
    const { world, device } = this;
    const id = device.nextServerMessageId();
    const token = device.nextToken();
    const format = CONTENT_FORMAT[content.format];
    const request = world.coap
      .begin(MessageType.con, Code.get, id, token)
      .path(path)
      .uint(OptionNumber.accept, format)
      .end();
    const answer: Message = world.random.chance(NOT_FOUND)
      ? { bytes: world.coap.begin(MessageType.ack, Code.notFound, id, token).end(), meaning: 'other' }
      : {
          bytes: world.coap
            .begin(MessageType.ack, Code.content, id, token)
            .uint(OptionNumber.contentFormat, format)
            .end(content.bytes),
          meaning: 'other',
          content,
        };
    world.traffic.confirmable(device.flow, false, time, { bytes: request, meaning: 'read' }, answer, done);
  }

  private readInBlocks(
    time: number,
    contentFormat: number,
    bytes: Uint8Array,
    content: Content | undefined,
    done: (time: number) => void,
  ): void {
    const { world, device } = this;
    const body = {
      byDevice: false,
      path: LARGE_PATH,
      contentFormat,
      bytes,
      exponent: world.random.between(4, 6) as number,
      etag: 1 + world.random.below(0xffff_fffe),
      meaning: 'read' as const,
      ...(content === undefined ? {} : { content }),
    };
    askInBlocks(world, device, time, body, done);
  }

  private notifyFirmware(state: number, time: number): void {
    const observation = this.firmwareState;
    if (observation === undefined || !observation.session.alive) return;
    const content = firmwareContent(observation.format, 3, state);
    this.sendNotification(observation, content, !this.device.busy, time, () => undefined);
  }

  /** The device installs the package: it falls silent, then registers anew from another port. */
  private reboot(session: Session, time: number): void {
    const { world, device } = this;
    world.schedule.at(time + SECOND, () => {
      session.alive = false;
      this.firmwareState = undefined;
    });
    world.schedule.at(time + QUIET + world.random.between(10, 40) * SECOND, (at) => {
      if (world.calm()) return;
      device.restart();
      this.resultDue = true;
      this.register(at);
    });
  }

  private sense(format: Format): Content {
    const sensor = this.device.sensors[format];
    sensor.step(this.world.random);
    return sensorContent(format, sensor);
  }

  /** A confirmable message of the device; only one is under way at a time. */
  private fromDevice(time: number, message: Message, answer: Uint8Array, done: (time: number) => void): void {
    const { device } = this;
    device.busy = true;
    this.world.traffic.confirmable(
      device.flow,
      true,
      time,
      message,
      { bytes: answer, meaning: 'other' },
      (at) => {
        device.busy = false;
        done(at);
      },
    );
  }
}
