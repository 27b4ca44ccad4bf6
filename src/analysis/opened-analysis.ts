import type { ByteCount } from '../capture/units.ts';
import type { ObjectRegistry } from '../lwm2m/registry/registry.ts';
import { Analysis } from './analysis.ts';
import { CaptureMarks } from './capture-marks.ts';
import { DeviceAnswers } from './device-answers.ts';
import { DeviceIndex } from './device-index.ts';
import { Dissector } from './dissection/dissect.ts';
import { FirmwareAnswers } from './firmware-answers.ts';
import { MessageBytes } from './message-bytes.ts';
import { MessageFacts } from './message-facts.ts';
import { MessageSummary } from './message-summary.ts';
import type { OpenedSources } from './opened-sources.ts';
import { OverviewCounts } from './overview.ts';
import { RowWindows } from './row-window.ts';
import { SequenceAnswers } from './sequence-answers.ts';
import type { AnalysisSettings } from './settings.ts';
import { ShownRows } from './shown-rows.ts';
import type { TimelineLayout } from './span-protocol.ts';
import { SpanScopes } from './span-scopes.ts';
import { Timeline } from './timeline.ts';
import { ValueAnswers } from './value-answers.ts';

/** What answers need to know beside the analysis. */
export interface AnswerSurroundings {
  /** How the person has arranged the timeline. */
  layout: TimelineLayout;
  /** False while a file is being read. */
  isSettled(): boolean;
  /** Gives others their turn where it is time, see `Turns.pause`. */
  pause(): Promise<void> | undefined;
}

/** One analysis of what is open, and what answers questions from it; replaced as a whole by the next. */
export class OpenedAnalysis {
  readonly analysis: Analysis;
  readonly facts: MessageFacts;
  readonly devices: DeviceIndex;
  readonly bytes: MessageBytes;
  readonly shown: ShownRows;
  readonly windows: RowWindows;
  readonly dissector: Dissector;
  readonly overview: OverviewCounts;
  readonly timeline: Timeline;
  readonly values: ValueAnswers;
  readonly firmware: FirmwareAnswers;
  readonly deviceTable: DeviceAnswers;
  readonly sequence: SequenceAnswers;
  readonly marks: CaptureMarks;
  readonly scopes: SpanScopes;
  /** Where the analysis is held while it is paused: after as many bytes as the one before it had read. */
  holdAt: ByteCount = 0;
  stopped = false;

  /** One analysis at a time asks the registry: the one before is closed. */
  constructor(
    registry: ObjectRegistry,
    settings: AnalysisSettings,
    readonly sources: OpenedSources,
    { layout, isSettled, pause }: AnswerSurroundings,
  ) {
    registry.use(settings.objects);
    const analysis = new Analysis(registry, settings);
    const facts = new MessageFacts(analysis);
    const devices = new DeviceIndex(analysis);
    const bytes = new MessageBytes(analysis);
    const summaries = new MessageSummary(analysis, facts, bytes);
    const shown = new ShownRows(analysis.tracking.messages);
    this.analysis = analysis;
    this.facts = facts;
    this.devices = devices;
    this.bytes = bytes;
    this.shown = shown;
    this.windows = new RowWindows(analysis, facts, devices, summaries, shown);
    this.dissector = new Dissector(analysis, facts, bytes, devices, summaries);
    this.overview = new OverviewCounts(analysis, shown);
    this.timeline = new Timeline(analysis, facts, devices, isSettled, shown, layout);
    this.values = new ValueAnswers(analysis, facts, devices, bytes, pause);
    this.firmware = new FirmwareAnswers(analysis, facts, devices, bytes, summaries);
    this.deviceTable = new DeviceAnswers(analysis, devices, pause);
    this.sequence = new SequenceAnswers(analysis, facts, devices, summaries, shown, pause);
    this.marks = new CaptureMarks(analysis);
    this.scopes = new SpanScopes(analysis, facts, devices);
  }

  /** Bytes read of all files. */
  get bytesRead(): ByteCount {
    return this.analysis.files.reduce((sum, file) => sum + file.bytesRead, 0);
  }
}
