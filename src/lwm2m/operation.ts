/** The LwM2M operations, and the protocols beside it that are told apart from plain CoAP. Codes stand in columns. */
export const Operation = {
  none: 0,
  bootstrapRequest: 1,
  bootstrapPackRequest: 2,
  bootstrapFinish: 3,
  bootstrapWrite: 4,
  bootstrapRead: 5,
  bootstrapDelete: 6,
  bootstrapDiscover: 7,
  register: 8,
  update: 9,
  deregister: 10,
  read: 11,
  readComposite: 12,
  discover: 13,
  writeReplace: 14,
  writePartialUpdate: 15,
  writeComposite: 16,
  writeAttributes: 17,
  execute: 18,
  create: 19,
  delete: 20,
  observe: 21,
  observeComposite: 22,
  cancelObservation: 23,
  cancelObservationComposite: 24,
  notify: 25,
  send: 26,
  download: 27,
  coreDiscovery: 28,
  estEnrolment: 29,
} as const;

export type OperationCode = (typeof Operation)[keyof typeof Operation];

/** Names of the operations as records and the page show them, indexed by code; empty for `none`. */
export const OPERATION_NAMES = [
  '',
  'Bootstrap-Request',
  'Bootstrap-Pack-Request',
  'Bootstrap-Finish',
  'Bootstrap-Write',
  'Bootstrap-Read',
  'Bootstrap-Delete',
  'Bootstrap-Discover',
  'Register',
  'Update',
  'De-register',
  'Read',
  'Read-Composite',
  'Discover',
  'Write-Replace',
  'Write-Partial-Update',
  'Write-Composite',
  'Write-Attributes',
  'Execute',
  'Create',
  'Delete',
  'Observe',
  'Observe-Composite',
  'Cancel Observation',
  'Cancel Observation-Composite',
  'Notify',
  'Send',
  'Download',
  'CoRE discovery',
  'EST enrolment',
] as const;

/** The four interfaces of LwM2M (Core §6). */
export const Interface = { none: 0, bootstrap: 1, registration: 2, management: 3, reporting: 4 } as const;

export type InterfaceCode = (typeof Interface)[keyof typeof Interface];

/** Names of the interfaces as records show them, indexed by code; empty for `none`. */
export const INTERFACE_NAMES = ['', 'bootstrap', 'registration', 'management', 'reporting'] as const;

/** The interface an operation belongs to; `none` for what is beside LwM2M. */
export function interfaceOf(operation: OperationCode): InterfaceCode {
  if (operation === Operation.none || operation > Operation.send) return Interface.none;
  if (operation <= Operation.bootstrapDiscover) return Interface.bootstrap;
  if (operation <= Operation.deregister) return Interface.registration;
  if (operation <= Operation.delete) return Interface.management;
  return Interface.reporting;
}
